// Run by chromium.mjs in a process of its own: the package unpacks into the system's temporary folder, and its
// libraries only where it believes to run on AWS Lambda. Both are said in this process's environment.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { inRoot } from './paths.mjs'

const entry = createRequire(inRoot('api/package.json')).resolve('@sparticuz/chromium')
const loaded = await import(pathToFileURL(entry).href)
const chromium = loaded.default?.default ?? loaded.default
process.stdout.write(await chromium.executablePath())
