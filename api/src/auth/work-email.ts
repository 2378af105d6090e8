import { domainToASCII, domainToUnicode } from 'node:url'
import { getDomain } from 'tldts'
import { AppError, invalidField } from '../core/errors.ts'
import { readList } from './lists.ts'
import { lookAlikeOf } from './look-alike.ts'

const genericDomains = readList('generic-mail-domains.txt')

export interface WorkEmail {
  /** As it is mailed and used as username: lower case, domain in punycode, no trailing dot. */
  email: string
  /** The registrable domain: `mail.quillstone.example` gives `quillstone.example`. */
  domain: string
}

/**
 * Accepts an address at a domain of one's own. Free, disposable and relay services are refused by name, whatever
 * sub-domain, case, trailing dot or sub-addressing the address has, and so are misspellings and imitations of the best known.
 * The list is api/data/generic-mail-domains.txt.
 */
export function parseWorkEmail(input: string): WorkEmail {
  const at = input.lastIndexOf('@')
  const local = input.slice(0, at).toLowerCase()
  const host = domainToASCII(input.slice(at + 1).replace(/\.$/, '')).toLowerCase()
  const domain = host === '' ? null : getDomain(host, { allowPrivateDomains: false })
  if (local === '' || domain === null) throw invalidField('body.email', 'This is not an e-mail address we can write to.')
  const generic = suffixes(host, domain).find((suffix) => genericDomains.has(suffix))
  if (generic !== undefined) {
    const sentence = `${generic} is a personal or throw-away mail service. Use the address you have at your firm's own domain, such as you@yourfirm.com.`
    throw new AppError('work_email_required', sentence, { fields: [{ field: 'body.email', message: sentence }] })
  }
  const meant = lookAlikeOf(domain)
  if (meant !== null) {
    const sentence = `${domainToUnicode(domain)} looks like ${meant}, which is a personal mail service. Use the address you have at your firm's own domain, such as you@yourfirm.com.`
    throw new AppError('work_email_required', sentence, { fields: [{ field: 'body.email', message: sentence }] })
  }
  return { email: `${local}@${host}`, domain }
}

/** The host and its parents down to the registrable domain. */
function suffixes(host: string, domain: string): string[] {
  const extra = host
    .slice(0, host.length - domain.length)
    .split('.')
    .filter(Boolean)
  return [domain, ...extra.map((_label, index) => [...extra.slice(index), domain].join('.'))]
}
