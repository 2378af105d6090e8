import type { Language } from '@ledgersync/shared/common'

type Words = [heading: string, text: string]

/** Words of the pages around the bank's sign-in. */
export interface ReturnTexts {
  finishing: Words
  connected: (bank: string) => Words
  /** Another bank than the one asked for. */
  other: (connected: string) => string
  left: Words
  notCompleted: Words
  expired: Words
  unavailable: Words
  tooOften: Words
  gone: Words
  backToBanks: string
  backToClient: string
  mayClose: string
}

const english: ReturnTexts = {
  finishing: ['Finishing…', 'Your bank is sending the list of accounts. This takes a few seconds.'],
  connected: (bank) => [`${bank} is connected`, 'Thank you. Nothing else is needed for this bank.'],
  other: (connected) => `You connected ${connected}. The bank you were asked for is still open.`,
  left: ['Not connected yet', 'You left before your bank was connected. You can try again whenever you like.'],
  notCompleted: ['One more time, please', 'You signed in, but the connection was not completed. Choose the bank once more.'],
  expired: ['The sign-in has timed out', 'Your bank was not connected. You can try again whenever you like.'],
  unavailable: ['Your bank’s sign-in cannot be opened right now', 'Nothing was changed. Try again in a minute.'],
  tooOften: ['Your bank’s sign-in was opened very often', 'Nothing was changed. Wait an hour, then try again.'],
  gone: ['This bank is no longer on the list', 'Go back and choose from the banks that are shown there.'],
  backToBanks: 'Back to your banks',
  backToClient: 'Back to Ledgersync',
  mayClose: 'You can close this page.',
}

const spanish: ReturnTexts = {
  finishing: ['Terminando…', 'Su banco está enviando la lista de cuentas. Tarda unos segundos.'],
  connected: (bank) => [`${bank} está conectado`, 'Gracias. Para este banco no hace falta nada más.'],
  other: (connected) => `Usted conectó ${connected}. El banco que se le pidió sigue pendiente.`,
  left: ['Todavía no está conectado', 'Salió antes de conectar su banco. Puede intentarlo de nuevo cuando quiera.'],
  notCompleted: ['Una vez más, por favor', 'Usted entró en su banco, pero la conexión no se completó. Elija el banco otra vez.'],
  expired: ['Se acabó el tiempo', 'Su banco no quedó conectado. Puede intentarlo de nuevo cuando quiera.'],
  unavailable: ['La página de su banco no se puede abrir ahora', 'No cambió nada. Inténtelo de nuevo en un minuto.'],
  tooOften: ['La página de su banco se abrió muchas veces', 'No cambió nada. Espere una hora e inténtelo de nuevo.'],
  gone: ['Este banco ya no está en la lista', 'Vuelva y elija entre los bancos que aparecen allí.'],
  backToBanks: 'Volver a sus bancos',
  backToClient: 'Volver a Ledgersync',
  mayClose: 'Puede cerrar esta página.',
}

export const returnTexts: Record<Language, ReturnTexts> = { en: english, es: spanish }
