import type { Language } from '@ledgersync/shared/common'
import { statementBytesMax, statementFilesMax } from '@ledgersync/shared/statements'
import type { Refusal } from './store.ts'

const megabytesMax = statementBytesMax / 1024 / 1024

/** Why a file was not kept and what to do, after its name. */
export const refusalTexts: Record<Language, Record<Refusal, string>> = {
  en: {
    empty: 'is empty.',
    cut_off: 'is not complete: its end is missing. Download it from the bank again.',
    picture: 'is a picture. Send the PDF that the bank has for download.',
    spreadsheet: 'is an Excel or Word file. Save it as CSV or PDF and send that.',
    archive: 'is a packed file. Unpack it and send what is in it.',
    web_page: 'is a web page. Use the download button of the bank to get the PDF.',
    program: 'is a program, not a statement.',
    other: 'is not a PDF, CSV or OFX file.',
    too_large: `is larger than ${megabytesMax} MB. Send a shorter period at a time.`,
    day_full: 'came after very many others today. Send it tomorrow.',
  },
  es: {
    empty: 'está vacío.',
    cut_off: 'no está completo: le falta el final. Descárguelo otra vez de su banco.',
    picture: 'es una imagen. Envíe el PDF que su banco ofrece para descargar.',
    spreadsheet: 'es un archivo de Excel o Word. Guárdelo como CSV o PDF y envíe ese.',
    archive: 'es un archivo comprimido. Descomprímalo y envíe lo que contiene.',
    web_page: 'es una página web. Use el botón de descarga de su banco para obtener el PDF.',
    program: 'es un programa, no un estado de cuenta.',
    other: 'no es un archivo PDF, CSV u OFX.',
    too_large: `pesa más de ${megabytesMax} MB. Envíe un período más corto cada vez.`,
    day_full: 'llegó después de muchos otros hoy. Envíelo mañana.',
  },
}

/** Words of the client's page for sending statements. */
interface StatementTexts {
  title: string
  why: (firm: string) => string
  label: string
  help: string
  send: string
  sending: string
  sealed: (firm: string) => [string, string]
  howTo: [string, string]
  received: string
  receivedNone: string
  takeBack: string
  takeBackOf: (file: string) => string
  takeBackHelp: string
  thanks: (count: number) => string
  renamed: (sent: string) => string
  known: string
  notKept: string
  noFile: string
  tooMany: string
  broken: string
  tookBack: string
  stays: (first: string) => string
  unnamed: string
  back: string
}

const english: StatementTexts = {
  title: 'Send your statements',
  why: (firm) => `keeps your books at ${firm}. Send the bank and card statements you have; more can follow any time.`,
  label: 'Choose one or several files',
  help: `PDF is best; CSV, OFX, QFX and QBO work too. Up to ${statementFilesMax} files at a time, ${megabytesMax} MB each.`,
  send: 'Send',
  sending: 'Sending…',
  sealed: (firm) => ['Kept encrypted.', `Only ${firm} can open what you send.`],
  howTo: ['Where are they?', 'Sign in on your bank’s website and look for Statements or Documents, then Download.'],
  received: 'Received',
  receivedNone: 'Nothing yet.',
  takeBack: 'Take back',
  takeBackOf: (file) => `Take back ${file}`,
  takeBackHelp: 'Sent the wrong file? You can take it back from this phone or computer for a day, until it has been looked at.',
  thanks: (count) => `${count === 1 ? 'Your file has' : `Your ${count} files have`} been received. Thank you.`,
  renamed: (sent) => `was sent as ${sent}; its content says what it is.`,
  known: 'was received already and is not kept twice.',
  notKept: 'Not received',
  noFile: 'Choose at least one file, then send.',
  tooMany: `Only ${statementFilesMax} files can be sent at a time. Send the rest now.`,
  broken: 'The connection was lost on the way. What is listed below has been received; send the rest again.',
  tookBack: 'The file was taken back. It has been deleted.',
  stays: (first) => `This file cannot be taken back any more. Ask ${first} to delete it.`,
  unnamed: 'A file without a name',
  back: 'Back to your banks',
}

const spanish: StatementTexts = {
  title: 'Envíe sus estados de cuenta',
  why: (firm) =>
    `lleva su contabilidad en ${firm}. Envíe los estados de cuenta de banco y de tarjeta que tenga; puede enviar más cuando quiera.`,
  label: 'Elija uno o varios archivos',
  help: `Lo mejor es PDF; también sirven CSV, OFX, QFX y QBO. Hasta ${statementFilesMax} archivos a la vez, de ${megabytesMax} MB cada uno.`,
  send: 'Enviar',
  sending: 'Enviando…',
  sealed: (firm) => ['Se guardan cifrados.', `Solo ${firm} puede abrir lo que usted envía.`],
  howTo: ['¿Dónde están?', 'Entre en la página de su banco, busque «Estados de cuenta» o «Documentos» y descárguelos.'],
  received: 'Recibidos',
  receivedNone: 'Todavía nada.',
  takeBack: 'Retirar',
  takeBackOf: (file) => `Retirar ${file}`,
  takeBackHelp:
    '¿Envió otro archivo por error? Puede retirarlo desde este mismo dispositivo durante un día, hasta que alguien lo haya visto.',
  thanks: (count) => (count === 1 ? 'Recibimos su archivo. Gracias.' : `Recibimos sus ${count} archivos. Gracias.`),
  renamed: (sent) => `llegó como ${sent}; su contenido dice lo que es.`,
  known: 'ya se había recibido y no se guarda dos veces.',
  notKept: 'No se recibió',
  noFile: 'Elija al menos un archivo y envíelo.',
  tooMany: `Solo se pueden enviar ${statementFilesMax} archivos a la vez. Envíe ahora los demás.`,
  broken: 'La conexión se cortó. Lo que aparece abajo se recibió; envíe otra vez lo que falta.',
  tookBack: 'El archivo se retiró y se borró.',
  stays: (first) => `Este archivo ya no se puede retirar. Pida a ${first} que lo borre.`,
  unnamed: 'Un archivo sin nombre',
  back: 'Volver a sus bancos',
}

export const statementTexts: Record<Language, StatementTexts> = { en: english, es: spanish }
