import type { ServerResponse } from 'node:http'
import type { Config } from '../config.ts'

/** The parts of the settings that the headers depend on. */
type Site = Pick<Config, 'publicUrl'> & { plaid: Pick<Config['plaid'], 'hostedLinkOrigin'> }

/**
 * One policy for every page: own files only, no inline script or style, forms only to us and the bank's sign-in.
 * `styleNonce` admits the style elements that the SPA's component library writes.
 */
export function contentSecurityPolicy(site: Site, styleNonce?: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self'${styleNonce === undefined ? '' : ` 'nonce-${styleNonce}'`}`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    // The browser applies form-action to the redirect that follows the form, too
    `form-action 'self' ${site.plaid.hostedLinkOrigin}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** What no page of ours asks a browser for. */
const unused = [
  'accelerometer',
  'camera',
  'display-capture',
  'geolocation',
  'gyroscope',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'usb',
]

/** What every answer carries unless it says otherwise. Nothing is kept by browsers and proxies that does not ask to be. */
export function securityHeaders(site: Site): Readonly<Record<string, string>> {
  return {
    'content-security-policy': contentSecurityPolicy(site),
    'cache-control': 'no-store',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'origin-agent-cluster': '?1',
    'permissions-policy': unused.map((feature) => `${feature}=()`).join(', '),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-dns-prefetch-control': 'off',
    'x-frame-options': 'DENY',
    ...(site.publicUrl.startsWith('https:') && { 'strict-transport-security': 'max-age=31536000; includeSubDomains' }),
  }
}

/** Puts them on an answer before anything else does: a handler's own headers then win. */
export function setHeaders(response: ServerResponse, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
}
