import { rmSync } from 'node:fs'
import { build } from 'esbuild'
import { bundling } from './bundle-options.mjs'
import { inRoot } from './paths.mjs'

// Builds the programs: what they share is in files beside them.
/** @type {[folder: string, programs: string[]][]} */
const parts = [
  ['api', ['server.ts', 'worker.ts', 'migrate.ts', 'audit-command.ts', 'uploads/read-thread.ts']],
  ['api/emulators', ['main.ts']],
]
for (const [folder, programs] of parts) {
  const [source, dist] = [inRoot(folder, 'src'), inRoot(folder, 'dist')]
  rmSync(dist, { recursive: true, force: true })
  await build({
    ...bundling,
    external: [...bundling.external],
    splitting: true,
    entryPoints: programs.map((name) => inRoot(folder, 'src', name)),
    outbase: source,
    outdir: dist,
  })
}
