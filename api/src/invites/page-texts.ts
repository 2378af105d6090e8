import type { Language } from '@ledgersync/shared/common'
import type { LaterKind } from './later.ts'

/** Words of the clients' pages. `firm` is the firm's whole name, `staff` the person's, `first` their first name. */
export interface PageTexts {
  heading: (contactFirstName: string, isSingle: boolean) => string
  /** `bank` is the one that wants a new sign-in; null for several. */
  headingAgain: (contactFirstName: string, bank: string | null) => string
  title: string
  why: (firm: string) => string
  readOnly: [string, string]
  password: (firm: string) => [string, string]
  inCharge: (first: string) => [string, string]
  yourBanks: string
  progress: (done: number, all: number) => string
  connected: (accounts: number) => string
  signInAgain: string
  connect: string
  signIn: string
  addAnother: string
  addFirst: string
  /** The choice of who would not connect a bank. */
  statements: string
  /** Where one person has several clients. */
  statementsOf: (client: string) => string
  doubt: (firm: string, first: string) => [string, string]
  nothingLost: [string, string]
  preview: string
  allDone: string
  links: Record<'expired' | 'superseded' | 'revoked' | 'locked', (staff: string, firm: string) => [string, string]>
  unknown: [string, string]
  /** Something went wrong on the way to any of the pages. */
  refused: Record<'tooOften' | 'tooBig' | 'unavailable' | 'other', [string, string]>
  backToLink: string
  /** The button that sends the newest link, what is said below it, and the page that follows: the same whatever became of it. */
  sendNewest: string
  sendNewestHelp: (firm: string) => string
  newestAsked: (firm: string) => [string, string]
  otherDevice: OtherDeviceTexts
  later: LaterTexts
}

/** Being reminded at another time. `when` is a moment in words. */
interface LaterTexts {
  ask: string
  heading: string
  text: (firm: string) => string
  choice: Record<LaterKind, (when: string, clock: string) => string>
  chosen: (when: string) => string
  back: string
  gone: string
}

/** The page of a link that another browser has. */
interface OtherDeviceTexts {
  heading: string
  /** `canHaveCode` when there is a way to send one. */
  text: (firm: string, staff: string, canHaveCode: boolean) => string
  send: Record<'sms' | 'email', string>
  help: (firm: string) => string
  sentHeading: string
  sentText: (firm: string) => string
  code: string
  open: string
  again: string
  wrong: string
  void: string
  tooOften: [string, string]
}

const english: PageTexts = {
  heading: (name, isSingle) => `${name === '' ? 'Please' : `Hi ${name}, please`} connect your ${isSingle ? 'bank' : 'banks'}`,
  headingAgain: (name, bank) => `${name === '' ? 'Please' : `Hi ${name}, please`} sign in to ${bank ?? 'your banks'} again`,
  title: 'Connect your banks',
  why: (firm) => `keeps your books at ${firm}. Connecting brings in your bank activity, so you don’t have to send it each month.`,
  readOnly: ['Read-only.', 'Nobody can move your money.'],
  password: (firm) => ['Your password stays private.', `You sign in with your bank; ${firm} never sees it.`],
  inCharge: (first) => ['You stay in charge.', `Ask ${first} to disconnect any time.`],
  yourBanks: 'Your banks',
  progress: (done, all) => `${done} of ${all} done`,
  connected: (accounts) => (accounts === 0 ? 'Connected' : `Connected, ${accounts} ${accounts === 1 ? 'account' : 'accounts'}`),
  signInAgain: 'Needs you to sign in again',
  connect: 'Connect',
  signIn: 'Sign in',
  addAnother: 'Add another bank',
  addFirst: 'Connect a bank',
  statements: 'I would rather send statements',
  statementsOf: (client) => `Send statements for ${client}`,
  doubt: (firm, first) => ['Not sure this is real?', `Good habit. Call ${firm} at the number you already have, and ask for ${first}.`],
  nothingLost: ['Nothing is lost.', 'Banks you already connected stay connected.'],
  preview:
    'This is what your client sees. You are signed in as staff, so the buttons do nothing. To try them, open the link in a private window.',
  allDone: 'All done. You can close this page.',
  links: {
    expired: (staff, firm) => ['This link has expired', `Links work for 5 days. You can have a new one sent, or ask ${staff} at ${firm}.`],
    superseded: (staff, firm) => [
      'There is a newer link',
      `${staff} sent you a newer one. Open the latest message from ${firm}, or have it sent again.`,
    ],
    revoked: (staff, firm) => ['This link is no longer needed', `${staff} at ${firm} took it back. There is nothing you need to do.`],
    locked: (staff, firm) => ['This link is not working at the moment', `Ask ${staff} at ${firm} what to do next.`],
  },
  unknown: [
    'We do not know this link',
    'It may have been cut off on the way. Open it again from the message, or ask your accountant to send a new one.',
  ],
  refused: {
    tooOften: ['Too many tries', 'Nothing was changed. Wait a few minutes, then try again.'],
    tooBig: ['That is too large', 'Nothing was sent. Choose a smaller file, or send several one after the other.'],
    unavailable: ['This page cannot be shown right now', 'Nothing was changed. Try again in a minute.'],
    other: ['That did not work', 'Nothing was changed. Go back and try once more.'],
  },
  backToLink: 'Go back',
  sendNewest: 'Send me the newest link',
  sendNewestHelp: (firm) => `It goes to the phone or email ${firm} has on file. Texts can take a minute.`,
  newestAsked: (firm) => [
    'Check your messages',
    `If ${firm} has a phone or email for you on file, the newest link is on its way. Texts can take a minute; at night they wait until morning.`,
  ],
  otherDevice: {
    heading: 'This link was opened on another device',
    text: (firm, staff, canHaveCode) =>
      canHaveCode
        ? 'To keep your banks safe, tell us that this device is yours too: we send you a code of six digits.'
        : `To keep your banks safe it works only where it was opened first. Go on there, or ask ${staff} at ${firm} to send you a new link.`,
    send: { sms: 'Text me a code', email: 'Email me a code' },
    help: (firm) => `It goes to the phone or email ${firm} has on file.`,
    sentHeading: 'Enter the code we sent you',
    sentText: (firm) => `It went to the phone or email ${firm} has on file, and works for 10 minutes.`,
    code: 'Code of six digits',
    open: 'Open the page',
    again: 'I have no code',
    wrong: 'This is not the code. Look at the newest message.',
    void: 'This code does not work any more. Have a new one sent.',
    tooOften: ['You asked for many codes', 'Try again in an hour, or go on where you opened the link first.'],
  },
  later: {
    ask: 'Not now, remind me',
    heading: 'When should we remind you?',
    text: (firm) => `You get one message from ${firm} with a link to this page.`,
    choice: {
      hours: (_when, clock) => `In two hours, at ${clock}`,
      evening: (_when, clock) => `This evening at ${clock}`,
      tomorrow: (_when, clock) => `Tomorrow at ${clock}`,
      next: (when) => when,
      third: (when) => when,
    },
    chosen: (when) => `We will remind you: ${when}. You can also go on right now.`,
    back: 'Back to your banks',
    gone: 'That time has passed. Choose another one.',
  },
}

const spanish: PageTexts = {
  heading: (name, isSingle) => `${name === '' ? 'Conecte' : `Hola, ${name}: conecte`} ${isSingle ? 'su banco' : 'sus bancos'}, por favor`,
  headingAgain: (name, bank) => `${name === '' ? 'Entre' : `Hola, ${name}: entre`} de nuevo en ${bank ?? 'sus bancos'}, por favor`,
  title: 'Conecte sus bancos',
  why: (firm) => `lleva su contabilidad en ${firm}. Al conectar, sus movimientos llegan solos y no tiene que enviarlos cada mes.`,
  readOnly: ['Solo lectura.', 'Nadie puede mover su dinero.'],
  password: (firm) => ['Su contraseña es privada.', `Usted entra en su propio banco; ${firm} nunca la ve.`],
  inCharge: (first) => ['Usted decide.', `Pida a ${first} desconectar cuando quiera.`],
  yourBanks: 'Sus bancos',
  progress: (done, all) => `${done} de ${all} ${done === 1 ? 'listo' : 'listos'}`,
  connected: (accounts) => (accounts === 0 ? 'Conectado' : `Conectado, ${accounts} ${accounts === 1 ? 'cuenta' : 'cuentas'}`),
  signInAgain: 'Necesita que usted entre de nuevo',
  connect: 'Conectar',
  signIn: 'Entrar',
  addAnother: 'Agregar otro banco',
  addFirst: 'Conectar un banco',
  statements: 'Prefiero enviar estados de cuenta',
  statementsOf: (client) => `Enviar estados de cuenta de ${client}`,
  doubt: (firm, first) => ['¿Duda de que sea real?', `Hace bien. Llame a ${firm} al número que ya tiene y pregunte por ${first}.`],
  nothingLost: ['No se pierde nada.', 'Los bancos que ya conectó siguen conectados.'],
  preview:
    'Así lo ve su cliente. Usted inició sesión como personal de la firma, por eso los botones no hacen nada. Para probarlos, abra el enlace en una ventana privada.',
  allDone: 'Todo listo. Puede cerrar esta página.',
  links: {
    expired: (staff, firm) => [
      'Este enlace ya venció',
      `Los enlaces funcionan durante 5 días. Puede recibir uno nuevo o pedirlo a ${staff} de ${firm}.`,
    ],
    superseded: (staff, firm) => [
      'Hay un enlace más nuevo',
      `${staff} le envió uno más nuevo. Abra el último mensaje de ${firm} o recíbalo otra vez.`,
    ],
    revoked: (staff, firm) => ['Este enlace ya no hace falta', `${staff} de ${firm} lo retiró. Usted no tiene que hacer nada.`],
    locked: (staff, firm) => ['Este enlace no funciona en este momento', `Pregunte a ${staff} de ${firm} cómo seguir.`],
  },
  unknown: ['No conocemos este enlace', 'Quizá llegó incompleto. Ábralo otra vez desde el mensaje o pida uno nuevo a su contador.'],
  refused: {
    tooOften: ['Demasiados intentos', 'No cambió nada. Espere unos minutos e inténtelo de nuevo.'],
    tooBig: ['Es demasiado grande', 'No se envió nada. Elija un archivo más pequeño o envíe varios, uno tras otro.'],
    unavailable: ['Esta página no se puede mostrar ahora', 'No cambió nada. Inténtelo de nuevo en un minuto.'],
    other: ['No funcionó', 'No cambió nada. Vuelva atrás e inténtelo una vez más.'],
  },
  backToLink: 'Volver',
  sendNewest: 'Enviarme el enlace más nuevo',
  sendNewestHelp: (firm) => `Llega al teléfono o correo que tiene ${firm}. Los mensajes pueden tardar un minuto.`,
  newestAsked: (firm) => [
    'Revise sus mensajes',
    `Si ${firm} tiene su teléfono o correo, el enlace más nuevo va en camino. Puede tardar un minuto; de noche espera hasta la mañana.`,
  ],
  otherDevice: {
    heading: 'Este enlace se abrió en otro dispositivo',
    text: (firm, staff, canHaveCode) =>
      canHaveCode
        ? 'Para cuidar sus bancos, confirme que este dispositivo también es suyo: le enviamos un código de seis dígitos.'
        : `Para cuidar sus bancos solo funciona donde se abrió primero. Siga allí o pida a ${staff} de ${firm} un enlace nuevo.`,
    send: { sms: 'Recibir un código por mensaje de texto', email: 'Recibir un código por correo' },
    help: (firm) => `Llega al teléfono o correo que tiene ${firm}.`,
    sentHeading: 'Escriba el código que le enviamos',
    sentText: (firm) => `Llegó al teléfono o correo que tiene ${firm} y funciona durante 10 minutos.`,
    code: 'Código de seis dígitos',
    open: 'Abrir la página',
    again: 'No tengo código',
    wrong: 'Ese no es el código. Mire el último mensaje.',
    void: 'Este código ya no funciona. Pida uno nuevo.',
    tooOften: ['Pidió muchos códigos', 'Inténtelo otra vez en una hora o siga donde abrió el enlace primero.'],
  },
  later: {
    ask: 'Ahora no, recuérdemelo',
    heading: '¿Cuándo se lo recordamos?',
    text: (firm) => `Recibirá un solo mensaje de ${firm} con un enlace a esta página.`,
    choice: {
      hours: (_when, clock) => `En dos horas, a las ${clock}`,
      evening: (_when, clock) => `Esta tarde a las ${clock}`,
      tomorrow: (_when, clock) => `Mañana a las ${clock}`,
      next: (when) => when,
      third: (when) => when,
    },
    chosen: (when) => `Se lo recordaremos: ${when}. También puede seguir ahora mismo.`,
    back: 'Volver a sus bancos',
    gone: 'Esa hora ya pasó. Elija otra.',
  },
}

export const pageTexts: Record<Language, PageTexts> = { en: english, es: spanish }

export const firstName = (name: string): string => name.trim().split(/\s+/)[0] ?? name

const locales: Record<Language, string> = { en: 'en-US', es: 'es-US' }

/** A moment on the client's own clock: "Friday, November 27, 9:00 AM". */
export function momentWords(at: Date, timeZone: string, language: Language): string {
  const words = new Intl.DateTimeFormat(locales[language], {
    timeZone,
    weekday: 'long',
    month: 'long',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
  }).format(at)
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Its time of day alone: "9:00 AM". */
export const clockWords = (at: Date, timeZone: string, language: Language): string =>
  new Intl.DateTimeFormat(locales[language], { timeZone, hour: 'numeric', minute: '2-digit' }).format(at)
