import { isUtf8 } from 'node:buffer'
import { AppError } from '../core/errors.ts'
import type { App } from './app-type.ts'

/**
 * Takes JSON in UTF-8 and nothing else (RFC 8259, 8.1). The framework's own parser decodes whatever comes as UTF-8: a letter of
 * another encoding would be kept as a replacement character, and lost.
 */
export function parseJson(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (req, body: Buffer, done) => {
    const charset = charsetOf(req.headers['content-type'] ?? '')
    if (charset !== null && !/^utf-?8$/i.test(charset))
      return done(
        new AppError('unsupported_media_type', `Send JSON in UTF-8, not in ${charset === '' ? 'a charset without a name' : charset}.`),
      )
    if (!isUtf8(body)) return done(new AppError('invalid_json', 'The body is not valid UTF-8.'))
    return parse(req, body.toString('utf8'), done)
  })
}

/** What the header says the characters are; null when it says nothing. */
function charsetOf(contentType: string): string | null {
  const [, quoted, plain] = /;\s*charset\s*=\s*(?:"([^"]*)"|([^\s;]*))/i.exec(contentType) ?? []
  return quoted ?? plain ?? null
}
