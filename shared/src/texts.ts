import type { Language } from './common.ts'

/** Who asks whom for what. Names as people typed them; `staffName` is the whole name. */
export interface InviteFacts {
  language: Language
  contactFirstName: string
  /** The businesses it is about: several when one person has several. */
  clientNames: readonly string[]
  staffName: string
  firmName: string
  /** Banks still missing, in the order staff chose; none leaves the choice to the client. */
  bankNames: readonly string[]
  /** Banks that want a new sign-in; none when it is about new ones only. */
  broken?: readonly BrokenBank[]
}

/** A bank that wants its customer to sign in again. */
export interface BrokenBank {
  name: string
  /** Last digits of an account there. */
  mask: string | null
  trouble: BankTroubleKind | null
  /** Whose it is, where a message is about several clients of one person. */
  clientName?: string
}
/** Facts whose names may stand in a message. */
export type NamedFacts = Required<InviteFacts>
export type BankTroubleKind = 'password' | 'code' | 'locked' | 'permission' | 'consent'

/** Stands in a message's text where its secret address goes. */
export const linkMark = '[link]'
/** Stands in a message's text where its secret code goes. */
export const codeMark = '[code]'

/** Names past this many are counted: a text must stay short. */
const namesMax = 3

/** "A, B and C"; past three, "A, B and 2 more". */
export function joinNames(names: readonly string[], language: Language): string {
  const and = language === 'es' ? ' y ' : ' and '
  if (names.length <= 1) return names[0] ?? ''
  if (names.length <= namesMax) return `${names.slice(0, -1).join(', ')}${and}${names.at(-1) ?? ''}`
  const more = names.length - (namesMax - 1)
  return `${names.slice(0, namesMax - 1).join(', ')}${and}${more} ${language === 'es' ? 'más' : 'more'}`
}

/** Text on one line, without what surrounds it. */
export const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()

/** Full-width and other forms of the marks that make an address, as the plain ones: phones and mail programs read them alike. */
const plainMark = (mark: string): string => (/^[.\u3002:/[\]{}]+$/.test(mark.normalize('NFKC')) ? mark.normalize('NFKC') : mark)

/**
 * A name as it may stand in a message: one line that holds none of our marks and placeholders nor anything a phone would turn into
 * a link, so that a business called "evil.example" cannot put an address into our text.
 */
export function safeName(name: string): string {
  const visible = name.replaceAll(/\p{Cf}/gu, '').replaceAll(/[^\p{L}\p{N}\s]/gu, plainMark)
  return oneLine(visible.replaceAll(/[[\]{}]/g, ''))
    .replaceAll(/(\S)([.\u3002])(?=[\p{L}\p{M}\p{N}]{2}|\p{N})/gu, '$1$2 ')
    .replaceAll(/:\/\//g, ' ')
}

/** A bank and whose it is: "First Meridian (Bluewater Rentals)". Every message about several clients names it so. */
export const bankOf = (name: string, clientName: string | undefined): string =>
  clientName === undefined || clientName === '' ? name : `${name} (${clientName})`

/** The facts as they may stand in a message. */
export function named(facts: InviteFacts): NamedFacts {
  return {
    language: facts.language,
    contactFirstName: safeName(facts.contactFirstName),
    clientNames: facts.clientNames.map(safeName),
    staffName: safeName(facts.staffName),
    firmName: safeName(facts.firmName),
    bankNames: facts.bankNames.map(safeName),
    broken: (facts.broken ?? []).map((bank) => ({
      ...bank,
      name: safeName(bank.name),
      mask: bank.mask === null ? null : safeName(bank.mask),
      ...(bank.clientName !== undefined && { clientName: safeName(bank.clientName) }),
    })),
  }
}

/** What staff tell the client from their own phone before the invitation arrives. */
export function headsUp({
  language,
  contactFirstName,
  staffName,
}: Pick<InviteFacts, 'language' | 'contactFirstName' | 'staffName'>): string {
  const [first, staffFirst] = [oneLine(contactFirstName), oneLine(staffName).split(' ')[0] ?? '']
  if (language === 'es') {
    return `Hola${first === '' ? '' : `, ${first}`}: en unos minutos recibirá un mensaje nuestro con un enlace para conectar sus bancos. Es nuestro y es solo lectura. Llámeme si algo le parece raro. ${staffFirst}`
  }
  return `Hi${first === '' ? '' : ` ${first}`}, in a few minutes you'll get a message from us with a link to connect your banks. It's really us, and it's read-only. Call me if anything looks odd. ${staffFirst}`
}

/** The text as it will be sent, the address in place of its mark; for previews and for sending. */
export function fillMarks(text: string, secrets: { link?: string; code?: string }): string {
  // Functions: a replacement string would read $ signs as patterns
  return text.replaceAll(linkMark, () => secrets.link ?? linkMark).replaceAll(codeMark, () => secrets.code ?? codeMark)
}

/** Length of the secret part of a link's path, so that a preview counts exactly what will be sent: `/i/` and 43 characters. */
export const linkPathLength = 46

/** Who opens a link on another browser proves with this code that it is theirs. */
export function claimCodeMessage(language: Language, firmName: string): { subject: string; body: string } {
  const firm = safeName(firmName)
  if (language === 'es') {
    return {
      subject: `Su código para la página de ${firm}`,
      body: `${codeMark} es su código para abrir la página de ${firm}. Funciona durante 10 minutos. Si usted no lo pidió, no se lo dé a nadie.`,
    }
  }
  return {
    subject: `Your code for the page of ${firm}`,
    body: `${codeMark} is your code to open the page of ${firm}. It works for 10 minutes. If you did not ask for it, give it to nobody.`,
  }
}
