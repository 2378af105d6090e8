import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder to serve in place of the built screens, which the fuzz does not need: what matters is how their addresses are answered. */
export async function makeSite(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ledgersync-web-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Ledgersync</title><script src="/assets/index-a1b2c3d4.js"></script>')
  await writeFile(join(folder, 'assets/index-a1b2c3d4.js'), 'export {}')
  return folder
}
