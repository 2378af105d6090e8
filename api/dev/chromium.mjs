import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from './lock.mjs'
import { inRoot } from './paths.mjs'
import { run } from './run.mjs'

/** Where Chrome, Chromium and Edge are usually installed. */
const usualPlaces = [
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/microsoft-edge',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
]

/**
 * A real browser to start and the environment it needs: CHROME_PATH, else on Linux x64 the one that comes with the
 * packages (unpacked once, 2 s), else an installed one.
 * @returns {Promise<{ executablePath: string, env: Record<string, string> }>}
 */
export async function findChromium() {
  const given = process.env.CHROME_PATH
  if (given) {
    if (!existsSync(given)) throw new Error(`CHROME_PATH names no file: ${given}`)
    return { executablePath: given, env: {} }
  }
  if (process.platform === 'linux' && process.arch === 'x64') return packagedChromium()
  const installed = usualPlaces.find((path) => existsSync(path))
  if (!installed) throw new Error('No Chrome, Chromium or Edge was found: set CHROME_PATH to one.')
  return { executablePath: installed, env: {} }
}

async function packagedChromium() {
  const folder = inRoot('node_modules/.cache/chromium')
  if (!existsSync(join(folder, 'fonts.conf')))
    await withLock(`${folder}.unpacking`, async () => {
      if (!existsSync(join(folder, 'fonts.conf'))) await unpack(folder)
    })
  const libraries = [join(folder, 'al2023/lib'), folder, process.env.LD_LIBRARY_PATH].filter(Boolean)
  return {
    executablePath: join(folder, 'chromium'),
    env: { LD_LIBRARY_PATH: libraries.join(':'), FONTCONFIG_FILE: join(folder, 'fonts.conf'), FONTCONFIG_PATH: folder },
  }
}

/** @param {string} folder */
async function unpack(folder) {
  const half = `${folder}.half`
  for (const path of [half, folder]) rmSync(path, { recursive: true, force: true })
  mkdirSync(half, { recursive: true })
  const env = { ...process.env, TMPDIR: half, AWS_LAMBDA_JS_RUNTIME: 'nodejs20.x' }
  const { code, output } = await run(process.execPath, [inRoot('api/dev/unpack-chromium.mjs')], { env })
  if (code !== 0) throw new Error(`The browser could not be unpacked:\n${output}`)
  renameSync(half, folder)
  // The package's own settings name a fixed folder. Without a font every text would be 0 pixels high.
  const cache = join(folder, 'font-cache')
  const settings = `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${join(folder, 'fonts/fonts')}</dir><dir>${join(folder, 'fonts')}</dir><cachedir>${cache}</cachedir></fontconfig>
`
  writeFileSync(join(folder, 'fonts.conf'), settings)
}
