import { createRequire } from 'node:module'
import type { AxiosError, AxiosInstance, AxiosStatic, InternalAxiosRequestConfig } from 'axios' with { 'resolution-mode': 'require' }

const require = createRequire(import.meta.url)
let bound: AxiosStatic | null = null

/**
 * The axios that the providers' packages load, and which is the same for all of them: some take no other. They are CommonJS, so it
 * is loaded as they do; `import` would give another instance. It is bound as it is loaded, before anybody can call.
 */
function loadAxios(): AxiosStatic {
  if (bound === null) {
    bound = require('axios') as AxiosStatic // what the package exports
    guard(bound as AxiosInstance)
  }
  return bound
}

/** No answer of a provider comes near it: the longest are pages of 1,000 rows. */
const answerBytesMax = 16 * 1024 * 1024
/** For a whole call, from the name look-up to the last byte, where the caller says nothing. */
const callMs = 30_000

const allowed = new Set<string>()

/**
 * Lets this process call the origin of an address out of its settings. Never an address out of a request, a row or an answer: what
 * is not in the settings is reached by nobody, whoever asks for it.
 */
export function allowOutgoing(address: string): void {
  allowed.add(new URL(address).origin)
}

/**
 * Binds an axios instance: calls go to allowed origins only and follow no redirect, which would carry the credentials elsewhere;
 * an answer is bounded in bytes, and the call as a whole in time, however slowly somebody drips.
 */
export function guard<Instance extends Pick<AxiosInstance, 'interceptors'>>(instance: Instance): Instance {
  instance.interceptors.request.use(bind)
  instance.interceptors.response.use(undefined, (error: unknown) => {
    // The time-out below comes as a cancellation, which says nothing to who reads its code
    const axios = loadAxios()
    throw axios.isCancel(error) ? new axios.AxiosError('There was no answer in time', 'ETIMEDOUT') : error
  })
  return instance
}

function bind(config: InternalAxiosRequestConfig): InternalAxiosRequestConfig {
  const { origin } = new URL(config.url ?? '', config.baseURL)
  if (!allowed.has(origin)) throw new (loadAxios().AxiosError)('This address is not one of the settings', 'ERR_NOT_ALLOWED')
  const timeoutMs = config.timeout === undefined || config.timeout === 0 ? callMs : config.timeout
  // axios's own time-out ends when the headers have come
  return Object.assign(config, {
    maxRedirects: 0,
    maxContentLength: answerBytesMax,
    timeout: 0,
    signal: AbortSignal.timeout(timeoutMs),
  })
}

/** The client for our own calls. */
export const outgoing = (): AxiosInstance => loadAxios()

/**
 * Loads a provider's package, when it is first needed: together they take longer than the rest of a program's start. The axios that
 * it loads by itself is bound before.
 */
export function loadProvider<T>(load: () => Promise<T>): Promise<T> {
  loadAxios()
  return load()
}

/** Whether a call that went out by axios failed, whichever instance made it. */
export function isAxiosError(error: unknown): error is AxiosError {
  return typeof error === 'object' && error !== null && 'isAxiosError' in error && error.isAxiosError === true
}
