import { readFileSync } from 'node:fs'
import { inCheckout } from '../db/checkout.ts'

/** Reads one of the vendored lists of api/data: a dated comment, then one entry a line. */
export function readList(name: string): ReadonlySet<string> {
  return new Set(
    readFileSync(inCheckout(`api/data/${name}`), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#')),
  )
}
