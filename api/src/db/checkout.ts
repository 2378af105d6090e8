import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The checkout's top folder, or what of it the image has. Looked for from here upwards, since bundling lays this code elsewhere. */
const top = topOf(import.meta.dirname)

function topOf(folder: string): string {
  if (existsSync(join(folder, 'migrations'))) return folder
  if (dirname(folder) === folder) throw new Error('There is no folder of migrations above the program')
  return topOf(dirname(folder))
}

/** Where a file of the checkout is that the program reads as it runs; `path` is below the top folder. */
export const inCheckout = (path: string): string => join(top, path)
