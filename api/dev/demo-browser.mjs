import { setTimeout as sleep } from 'node:timers/promises'
import { Stop } from './report.mjs'

const patienceMs = 20_000

/**
 * A browser of the demo firm's staff: keeps cookies, and knows the product's answers from failures.
 * @param {string} origin
 */
export function openBrowser(origin) {
  /** @type {Map<string, string>} */
  const jar = new Map()
  const cookie = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  /** @param {Response} response */
  const keep = (response) => {
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    }
  }
  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   */
  const attempt = async (method, path, body) => {
    const headers = { cookie: cookie(), origin, ...(body && { 'content-type': 'application/json' }) }
    const response = await fetch(`${origin}/v1${path}`, {
      method,
      headers,
      redirect: 'manual',
      ...(body && { body: JSON.stringify(body) }),
    })
    keep(response)
    return response
  }
  return {
    try: attempt,
    /**
     * @param {string} method
     * @param {string} path
     * @param {object} [body]
     * @returns {Promise<any>} the answer's JSON, whose shape the API documents
     */
    async send(method, path, body) {
      const response = await attempt(method, path, body)
      const text = await response.text()
      if (response.status >= 400) throw new Stop(`The demo could not be made: ${method} ${path} answered ${response.status}\n${text}`)
      return text === '' ? null : JSON.parse(text)
    },
    /** @param {string} url */
    async follow(url) {
      const response = await fetch(url, { headers: { cookie: cookie() }, redirect: 'manual' })
      if (response.status !== 302) throw new Stop(`The demo could not be made: QuickBooks' return answered ${response.status}`)
    },
  }
}
/** @typedef {ReturnType<typeof openBrowser>} Browser */

/**
 * @param {string} url
 * @param {object} [body]
 * @returns {Promise<any>} the answer's JSON, whose shape the emulator documents
 */
export async function emulator(url, body) {
  const init = body ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}
  const response = await fetch(url, init)
  if (!response.ok)
    throw new Stop(`The demo could not be made: ${new URL(url).pathname} answered ${response.status}\n${await response.text()}`)
  return response.json()
}

/**
 * What is found within that time, or null.
 * @template T
 * @param {number} ms
 * @param {() => Promise<T | undefined | null | false>} look
 * @returns {Promise<T | null>}
 */
export async function within(ms, look) {
  for (const until = Date.now() + ms; Date.now() < until; await sleep(100)) {
    const found = await look()
    if (found) return found
  }
  return null
}

/**
 * @template T
 * @param {string} what
 * @param {() => Promise<T | undefined | null | false>} look
 * @returns {Promise<T>}
 */
export async function waitFor(what, look) {
  const found = await within(patienceMs, look)
  if (found) return found
  throw new Stop(`The demo could not be made: ${what} did not come in ${patienceMs / 1000} s.`)
}
