import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { Config } from '../config.ts'
import type { App } from './app-type.ts'
import { publicScope } from './auth.ts'
import { contentSecurityPolicy } from './headers.ts'

/** Stands in the SPA's index.html where the page's nonce goes. */
const noncePlaceholder = '__STYLE_NONCE__'
const hashedAsset = /\/assets\/[^/]+-[\w-]{8,}\.\w+$/

/** Serves the built SPA: hashed files for ever, everything else that is no file and no API path gets index.html. */
export async function registerSite(app: App, config: Config): Promise<void> {
  const indexFile = join(config.webDir, 'index.html')
  if (!existsSync(indexFile)) return
  const index = readFileSync(indexFile, 'utf8')
  await app.register(async (scope: App) => {
    scope.decorate(publicScope, true)
    await scope.register(fastifyStatic, {
      root: config.webDir,
      wildcard: false,
      index: false,
      // Its own would win over the one set below
      cacheControl: false,
      setHeaders(res, path) {
        res.setHeader('cache-control', hashedAsset.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache')
      },
    })
    scope.get('/*', async (req, reply) => {
      // Not by URL, which takes what follows // for a host and throws when it is none
      const [pathname = '/'] = req.url.split('?')
      if (/^\/(v1|i|docs|assets)(\/|$)/.test(pathname) || /\.\w+$/.test(pathname)) return reply.callNotFound()
      const nonce = randomBytes(16).toString('base64url')
      return reply
        .header('content-security-policy', contentSecurityPolicy(config, nonce))
        .type('text/html; charset=utf-8')
        .send(index.replace(noncePlaceholder, nonce))
    })
  })
}
