#!/usr/bin/env node
/** The `hailong` command: wiring only. */
import { rebuildCommand } from './command/rebuild.js';
import { registryLoadCommand, registryShowCommand } from './command/registry.js';
import { aborted, Shell, stopSignal } from './command/shell.js';
import { tallyCommand } from './command/tally.js';

const shell = new Shell();
const { say, finish } = shell;

const program = shell
  .command('hailong')
  .description(say('command.description'))
  .version(shell.version, '-V, --version', say('command.option.version'))
  .helpCommand(false);

shell
  .command('serve', program)
  .description(say('command.serve'))
  .option('--port <port>', say('command.option.port'), shell.portNumber, 8080)
  .option('--mqtt-port <port>', say('command.option.mqtt_port'), shell.portNumber, 1883)
  .option('--host <address>', say('command.option.host'), '0.0.0.0')
  .option('--broker <url>', say('command.option.broker'))
  .addOption(shell.dataOption())
  .addOption(shell.configOption())
  .action((options) =>
    finish(async () => {
      // Loaded only here: the other commands start much faster without broker and server.
      const { serveCommand } = await import('./command/serve.js');
      return serveCommand(shell, options, { ...shell, stop: aborted(stopSignal()) });
    }),
  );

shell
  .command('tally', program)
  .description(say('command.tally'))
  .option('--office <id>', say('command.option.office'))
  .option('--from <date>', say('command.option.from'))
  .option('--to <date>', say('command.option.to'))
  .option('--json', say('command.option.json'))
  .addOption(shell.dataOption())
  .addOption(shell.configOption())
  .action((options) => finish(() => tallyCommand(shell, options)));

shell
  .command('rebuild', program)
  .description(say('command.rebuild'))
  .option('--check', say('command.option.check'))
  .addOption(shell.dataOption())
  .action((options) => finish(() => rebuildCommand(shell, options)));

const registry = shell.command('registry', program).description(say('command.registry')).helpCommand(false);

shell
  .command('load <file>', registry)
  .description(say('command.registry_load'))
  .addOption(shell.dataOption())
  .addOption(shell.configOption())
  .action((file, options) => finish(() => registryLoadCommand(shell, file, options)));

shell
  .command('show', registry)
  .description(say('command.registry_show'))
  .option('--json', say('command.option.json'))
  .addOption(shell.dataOption())
  .action((options) => finish(() => registryShowCommand(shell, options)));

await shell.run(program);
