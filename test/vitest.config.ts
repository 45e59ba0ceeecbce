/** Every suite: sources run as they are, processes and pages run what the build made. */
import { defineConfig } from 'vitest/config';

/** A default export because Vitest reads its configuration from it. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    // Half of the suites start processes: more files at once than cores would only make them wait.
    maxWorkers: 2,
  },
});
