// Refreshes the lists in api/data (mail services, common passwords) from well-kept packages of the npm registry, sorted and dated, so that the change reads as a diff:
//   node api/dev/refresh-lists.mjs
// Nothing else downloads these lists: neither the install nor the running product.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const data = resolve(import.meta.dirname, '../data')
const temp = mkdtempSync(join(tmpdir(), 'ledgersync-lists-'))

/** Services the packages miss: relays that hide the real address, and mail hosted under a name anybody can get. */
const ownDomains = `
  33mail.com addy.io anonaddy.com anonaddy.me aleeas.com duck.com erine.email firefox.com mozmail.com onmicrosoft.com passmail.net
  passinbox.com privaterelay.appleid.com appleid.com relay.firefox.com simplelogin.co simplelogin.com simplelogin.fr simplelogin.io
  slmail.me slmails.com icloud.com me.com mac.com pm.me proton.me protonmail.com protonmail.ch tuta.io tuta.com tutamail.com tutanota.com
  tutanota.de keemail.me zoho.com zohomail.com zohomail.eu zoho.eu zoho.in gmx.com gmx.net gmx.de gmx.at gmx.ch gmx.us mail.com email.com usa.com
  gmail.com googlemail.com outlook.com hotmail.com live.com msn.com passport.com yahoo.com ymail.com rocketmail.com myyahoo.com aol.com aim.com
  fastmail.com fastmail.fm hey.com yandex.com yandex.ru mail.ru qq.com 163.com 126.com sina.com naver.com daum.net rediffmail.com hushmail.com
  web.de t-online.de libero.it orange.fr laposte.net free.fr comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net
  mailinator.com guerrillamail.com 10minutemail.com temp-mail.org yopmail.com trashmail.com sharklasers.com
`

/** Named by a package as free, but a firm may well own an address there. */
const notGeneric = new Set(['example.com', 'example.net', 'example.org'])

try {
  const domains = new Set([
    ...words(ownDomains),
    ...words(read('freemail', 'data/free.txt')),
    ...JSON.parse(read('disposable-email-domains-js', 'dist/dict/disposable_email_blocklist.json')),
    ...JSON.parse(read('disposable-email-domains', 'wildcard.json')),
  ])
  write(
    'generic-mail-domains.txt',
    [...domains].map((domain) => domain.toLowerCase()).filter((domain) => domain.includes('.') && !notGeneric.has(domain)),
  )
  write(
    'common-passwords.txt',
    JSON.parse(read('@zxcvbn-ts/language-common', 'src/passwords.json'))
      .filter((/** @type {string} */ password) => password.length >= 8)
      .map((/** @type {string} */ password) => password.toLowerCase()),
  )
} finally {
  rmSync(temp, { recursive: true, force: true })
}

/** @param {string} text */
function words(text) {
  return text.split(/\s+/).filter(Boolean)
}

/** @param {string} name */
function unpack(name) {
  const folder = join(temp, name.replaceAll('/', '-'))
  execFileSync('mkdir', ['-p', folder])
  execFileSync('npm', ['pack', name, '--silent', '--pack-destination', folder], { stdio: ['ignore', 'ignore', 'inherit'] })
  const archive = readdirSync(folder).find((file) => file.endsWith('.tgz'))
  execFileSync('tar', ['xzf', join(folder, archive ?? ''), '-C', folder])
  return join(folder, 'package')
}

/**
 * @param {string} name
 * @param {string} file
 */
function read(name, file) {
  return readFileSync(join(unpack(name), file), 'utf8')
}

/**
 * @param {string} file
 * @param {string[]} lines
 */
function write(file, lines) {
  const sorted = [...new Set(lines)].sort()
  writeFileSync(
    join(data, file),
    `# ${sorted.length} entries, ${new Date().toISOString().slice(0, 10)}; made by api/dev/refresh-lists.mjs\n${sorted.join('\n')}\n`,
  )
  process.stdout.write(`${file}: ${sorted.length} entries\n`)
}
