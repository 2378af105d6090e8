import type { Language } from './common.ts'
import { toGsm } from './sms.ts'
import { type BankTroubleKind, type BrokenBank, type InviteFacts, joinNames, linkMark, named } from './texts.ts'

/** The first message of an invite, or the one that reminds of it. */
export type InviteMessageKind = 'invite' | 'reminder'

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

const bankWords = ({ name, mask }: BrokenBank, language: Language): string =>
  mask === null ? name : language === 'es' ? `${name}, que termina en ${mask}` : `${name} ending in ${mask}`

/** "First Platypus Bank ending in 0000 needs you to sign in again: the saved sign-in no longer works." */
function brokenSentence(broken: readonly BrokenBank[], language: Language): string {
  const [only] = broken
  const cause = broken.length === 1 && only?.trouble ? `: ${troubles[language][only.trouble]}` : ''
  const names =
    broken.length === 1 && only !== undefined
      ? bankWords(only, language)
      : joinNames(
          broken.map(({ name }) => name),
          language,
        )
  if (language === 'es') return `${names} ${broken.length === 1 ? 'pide' : 'piden'} que entre de nuevo${cause}.`
  return `${names} ${broken.length === 1 ? 'needs' : 'need'} you to sign in again${cause}.`
}

/** What the client is asked to do, as sentences: sign in again, connect what is missing, or both. `end` follows the last of them. */
function request({ language, bankNames, broken }: Required<InviteFacts>, end: string): string {
  const banks = joinNames(bankNames, language)
  const missing = banks === '' ? (language === 'es' ? 'sus bancos' : 'your banks') : banks
  if (broken.length === 0) return language === 'es' ? `Conecte ${missing} ${end}` : `Please connect ${missing} ${end}`
  const also = banks === '' ? '' : language === 'es' ? ` Conecte también ${banks}.` : ` Please also connect ${banks}.`
  return `${brokenSentence(broken, language)}${also}`
}

const startOf = (kind: InviteMessageKind, { language, staffName, firmName }: InviteFacts, isSentence: boolean): string => {
  const reminds = kind === 'reminder'
  if (language === 'es') {
    const verb = reminds ? 'le recuerda' : 'le escribe'
    return `${isSentence ? `${verb.charAt(0).toUpperCase()}${verb.slice(1)}` : verb} ${staffName} de ${firmName}.`
  }
  const words = reminds ? 'a reminder from' : 'this is'
  return `${isSentence ? `${words.charAt(0).toUpperCase()}${words.slice(1)}` : words} ${staffName} at ${firmName}.`
}

/** The invitation, the request to sign in again, or a reminder of either, as a text message; `[link]` where the address goes. */
export function inviteSms(facts: InviteFacts, kind: InviteMessageKind = 'invite'): string {
  const safe = named(facts)
  const { language, contactFirstName } = safe
  const start = startOf(kind, safe, false)
  if (language === 'es') {
    const greeting = contactFirstName === '' ? 'Hola' : `Hola, ${contactFirstName}`
    const asked = request(safe, 'para que yo tenga su contabilidad al día.')
    return toGsm(`${greeting}, ${start} ${asked} Es solo lectura: ${linkMark}\nResponda STOP para no recibir más.`)
  }
  const greeting = contactFirstName === '' ? 'Hi' : `Hi ${contactFirstName}`
  const asked = request(safe, 'so I can keep your books current.')
  return toGsm(`${greeting}, ${start} ${asked} It is read-only: ${linkMark}\nReply STOP to opt out.`)
}

/** The same as an e-mail: paragraphs apart by an empty line, `[link]` alone in the one that becomes the button. */
export function inviteEmail(facts: InviteFacts, kind: InviteMessageKind = 'invite'): { subject: string; body: string } {
  const safe = named(facts)
  const { language, contactFirstName, firmName } = safe
  const start = startOf(kind, safe, true)
  if (language === 'es') {
    return {
      subject: subjectOf(safe, kind),
      body: [
        contactFirstName === '' ? 'Hola:' : `Hola, ${contactFirstName}:`,
        `${start} ${request(safe, 'para que yo tenga su contabilidad al día sin pedirle nada cada mes.')}`,
        'Es solo lectura: nadie puede mover su dinero. Usted entra en su propio banco; nosotros nunca vemos su contraseña.',
        linkMark,
        'El enlace funciona durante 5 días.',
        `¿Duda de que sea real? Hace bien. Llame a ${firmName} al número que ya tiene.`,
      ].join('\n\n'),
    }
  }
  return {
    subject: subjectOf(safe, kind),
    body: [
      contactFirstName === '' ? 'Hi,' : `Hi ${contactFirstName},`,
      `${start} ${request(safe, 'so I can keep your books current without asking you for anything each month.')}`,
      'It is read-only: nobody can move your money. You sign in with your own bank; we never see your password.',
      linkMark,
      'The link works for 5 days.',
      `Not sure this is real? Good habit. Call ${firmName} at the number you already have.`,
    ].join('\n\n'),
  }
}

function subjectOf({ language, staffName, firmName, bankNames, broken }: Required<InviteFacts>, kind: InviteMessageKind): string {
  const names = joinNames(broken.length > 0 ? broken.map(({ name }) => name) : bankNames, language)
  if (language === 'es') {
    const asked = broken.length > 0 ? `entrar de nuevo en ${names}` : `conectar ${names === '' ? 'sus bancos' : names}`
    return `${kind === 'invite' ? '' : 'Recordatorio: '}${staffName} de ${firmName} le pide ${asked}`
  }
  const asked = broken.length > 0 ? `sign in to ${names} again` : `connect ${names === '' ? 'your banks' : names}`
  return `${kind === 'invite' ? '' : 'Reminder: '}${staffName} at ${firmName} asks you to ${asked}`
}
