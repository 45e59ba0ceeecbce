/**
 * Where the package lies, whether its sources run or their compiled copies under `dist`: the nearest
 * folder above that has a package.json. Files that are read at run time are found from here.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) throw new Error('package.json not found above ' + import.meta.url);
    folder = above;
  }
  return folder;
}
