import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Reads one of the vendored lists of api/data: a dated comment, then one entry a line. */
export function readList(name: string): ReadonlySet<string> {
  const path = fileURLToPath(new URL(`../../data/${name}`, import.meta.url))
  return new Set(
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#')),
  )
}
