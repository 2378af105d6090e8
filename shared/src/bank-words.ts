import type { Language } from './common.ts'
import type { TemplateChannel } from './templates.ts'
import { bankOf, type BankTroubleKind, type BrokenBank, joinNames, type NamedFacts } from './texts.ts'

const troubles: Record<Language, Record<BankTroubleKind, string>> = {
  en: {
    password: 'the saved sign-in no longer works',
    code: 'it asks for a security code',
    locked: 'the bank has locked the login',
    permission: 'access was not allowed',
    consent: 'its permission is about to end',
  },
  es: {
    password: 'el acceso guardado ya no funciona',
    code: 'pide un código de seguridad',
    locked: 'el banco bloqueó el acceso',
    permission: 'no se permitió el acceso',
    consent: 'su permiso está por terminar',
  },
}

const causeOf = ({ trouble }: BrokenBank, language: Language): string => (trouble === null ? '' : troubles[language][trouble])

function ending({ name, mask }: BrokenBank, language: Language): string {
  if (mask === null) return name
  return language === 'es' ? `${name}, que termina en ${mask}` : `${name} ending in ${mask}`
}

/** "First Platypus Bank ending in 0000 (Bluewater Marine, the saved sign-in no longer works)" */
function inFull(bank: BrokenBank, language: Language, withCause: boolean): string {
  const more = [bank.clientName ?? '', withCause ? causeOf(bank, language) : ''].filter((words) => words !== '')
  return `${ending(bank, language)}${more.length === 0 ? '' : ` (${more.join(', ')})`}`
}

/** "First Platypus Bank ending in 0000 needs you to sign in again: the saved sign-in no longer works." A text names several shortly, by their digits too only where nothing else tells them apart. */
function brokenSentence(broken: readonly BrokenBank[], language: Language, channel: TemplateChannel): string {
  const [only] = broken
  const isOne = broken.length === 1 && only !== undefined
  const cause = isOne && only.trouble !== null ? `: ${causeOf(only, language)}` : ''
  const brief = ({ name, clientName }: BrokenBank) => bankOf(name, clientName)
  const hasTwin = (bank: BrokenBank) => broken.filter((other) => brief(other) === brief(bank)).length > 1
  const each = (bank: BrokenBank) =>
    channel === 'email' ? inFull(bank, language, true) : hasTwin(bank) ? inFull(bank, language, false) : brief(bank)
  const names = isOne ? inFull(only, language, false) : joinNames(broken.map(each), language)
  if (language === 'es') return `${names} ${isOne ? 'pide' : 'piden'} que entre de nuevo${cause}.`
  return `${names} ${isOne ? 'needs' : 'need'} you to sign in again${cause}.`
}

const noBanks: Record<Language, string> = { en: 'your banks', es: 'sus bancos' }
const noBanksOf: Record<Language, (clients: string) => string> = {
  en: (clients) => `your banks for ${clients}`,
  es: (clients) => `sus bancos de ${clients}`,
}

/** Where no bank is named: of one client it is plain whose they are. */
function yourBanks({ clientNames }: NamedFacts, language: Language): string {
  const clients = clientNames.filter((name) => name !== '')
  return clients.length > 1 ? noBanksOf[language](joinNames(clients, language)) : noBanks[language]
}

/** In place of the bank of one client among several, of whom no certain one is asked for. */
export const anyBank: Record<Language, string> = { en: 'your bank', es: 'su banco' }

/** Why it is asked, after the banks that are still to be connected. */
const purpose: Record<Language, Record<TemplateChannel, string>> = {
  en: {
    sms: 'so I can keep your books current.',
    email: 'so I can keep your books current without asking you for anything each month.',
  },
  es: {
    sms: 'para que yo tenga su contabilidad al día.',
    email: 'para que yo tenga su contabilidad al día sin pedirle nada cada mes.',
  },
}

/** What the client is asked to do, as sentences: sign in again, connect what is missing, or both. */
export function bankRequest(facts: NamedFacts, language: Language, channel: TemplateChannel): string {
  const { bankNames: missingNames, broken } = facts
  const banks = joinNames(missingNames, language)
  if (broken.length === 0) {
    const missing = banks === '' ? yourBanks(facts, language) : banks
    return `${language === 'es' ? 'Conecte' : 'Please connect'} ${missing} ${purpose[language][channel]}`
  }
  const also = banks === '' ? '' : language === 'es' ? ` Conecte también ${banks}.` : ` Please also connect ${banks}.`
  return `${brokenSentence(broken, language, channel)}${also}`
}

/** The same in a few words, for a subject: "sign in to First Platypus Bank again", "connect your banks". */
export function shortRequest(facts: NamedFacts, language: Language): string {
  const names = shortNames(facts, language)
  if (facts.broken.length > 0) return language === 'es' ? `entrar de nuevo en ${names}` : `sign in to ${names} again`
  return language === 'es' ? `conectar ${names}` : `connect ${names}`
}

/** Every bank the message is about: those that want a new sign-in first, with their last digits and, where it is one, its cause. */
export function bankNames(facts: NamedFacts, language: Language): string {
  const { bankNames: missing, broken } = facts
  const names = [...broken.map((bank) => inFull(bank, language, broken.length === 1)), ...missing]
  return names.length === 0 ? yourBanks(facts, language) : joinNames(names, language)
}

/** The banks by nothing but their names, for a subject: those that want a new sign-in, else those that are missing. */
export function shortNames({ bankNames: missing, broken }: NamedFacts, language: Language): string {
  const names = broken.length > 0 ? broken.map(({ name }) => name) : missing
  return names.length === 0 ? noBanks[language] : joinNames(names, language)
}
