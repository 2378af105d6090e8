import type { Language } from './common.ts'
import type { TemplateKind, TemplateText, TemplateUse } from './templates.ts'

interface Words {
  /** Begins a text: who writes. */
  start: string
  /** Begins a mail. */
  mailStart: string
  title: string
}

const asks: Record<Language, string> = {
  en: '{{staff_name}} at {{firm_name}} asks you to {{bank_request}}',
  es: '{{staff_name}} de {{firm_name}} le pide {{bank_request}}',
}

const first: Record<Language, Words> = {
  en: { start: 'this is', mailStart: 'This is', title: asks.en },
  es: { start: 'le escribe', mailStart: 'Le escribe', title: asks.es },
}
const again: Record<Language, Words> = {
  en: { start: 'a reminder from', mailStart: 'A reminder from', title: `Reminder: ${asks.en}` },
  es: { start: 'le recuerda', mailStart: 'Le recuerda', title: `Recordatorio: ${asks.es}` },
}

const sms: Record<Language, (words: Words) => string> = {
  en: ({ start }) => `Hi {{contact_name}}, ${start} {{staff_name}} at {{firm_name}}. {{bank_request}} It is read-only: {{bank_link}}`,
  es: ({ start }) => `Hola, {{contact_name}}, ${start} {{staff_name}} de {{firm_name}}. {{bank_request}} Es solo lectura: {{bank_link}}`,
}

const email: Record<Language, (words: Words) => string[]> = {
  en: ({ mailStart }) => [
    'Hi {{contact_name}},',
    `${mailStart} {{staff_name}} at {{firm_name}}. {{bank_request}}`,
    'It is read-only: nobody can move your money. You sign in with your own bank; we never see your password.',
    '{{bank_link}}',
    'The link works for 5 days.',
    'Not sure this is real? Good habit. Call {{firm_name}} at the number you already have.',
  ],
  es: ({ mailStart }) => [
    'Hola, {{contact_name}}:',
    `${mailStart} {{staff_name}} de {{firm_name}}. {{bank_request}}`,
    'Es solo lectura: nadie puede mover su dinero. Usted entra en su propio banco; nosotros nunca vemos su contraseña.',
    '{{bank_link}}',
    'El enlace funciona durante 5 días.',
    '¿Duda de que sea real? Hace bien. Llame a {{firm_name}} al número que ya tiene.',
  ],
}

const kinds: readonly TemplateKind[] = ['invitation', 'reconnect', 'reminder']
const languages: readonly Language[] = ['en', 'es']

function write({ kind, channel, language }: TemplateUse): TemplateText {
  const words = (kind === 'reminder' ? again : first)[language]
  if (channel === 'sms') return { kind, channel, language, title: null, body: sms[language](words) }
  return { kind, channel, language, title: words.title, body: email[language](words).join('\n\n') }
}

/**
 * The templates that come with the product, one for each use: `{{bank_request}}` in them says which banks are missing and which want
 * a new sign-in, so that the words fit whatever has become of a client's banks since.
 */
export const shippedTemplates: readonly TemplateText[] = kinds.flatMap((kind) =>
  (['sms', 'email'] as const).flatMap((channel) => languages.map((language) => write({ kind, channel, language }))),
)

/** The one for this use. */
export function shippedTemplate(use: TemplateUse): TemplateText {
  const { kind, channel, language } = use
  return write({ kind, channel, language })
}
