import { fieldError, type SendgridError } from './errors.ts'
import type { MailSend } from './mail-send.ts'

type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const addressPattern = /^[^\s@<>()",;:]+@[^\s@<>()",;:.]+(\.[^\s@<>()",;:.]+)+$/

const personalizationsMax = 1000
const recipientsMax = 1000
const customArgsMaxBytes = 10_000
const sendAtMaxSeconds = 72 * 3600

/** Header names SendGrid keeps for itself (docs: mail send, "headers"). */
const reservedHeaders = new Set([
  'x-sg-id',
  'x-sg-eid',
  'received',
  'dkim-signature',
  'content-type',
  'content-transfer-encoding',
  'to',
  'from',
  'subject',
  'reply-to',
  'cc',
  'bcc',
])

/**
 * Checks the body of POST /v3/mail/send as SendGrid documents it (twilio.com/docs/sendgrid/api-reference/mail-send/errors).
 * Returns every error found; with none, the body is a `MailSend`.
 */
export function validateMailSend(body: unknown, now: Date): SendgridError[] {
  if (!isObject(body)) return [{ message: 'Bad Request', field: null, help: null }]
  return [
    ...checkPersonalizations(body, now),
    ...checkFrom(body),
    ...checkReplyTo(body),
    ...checkSubject(body),
    ...checkContent(body),
    ...checkAttachments(body),
    ...checkExtras(body, now),
  ]
}

export function asMailSend(body: unknown): MailSend {
  // Only called with a body in which validateMailSend found no error
  return body as MailSend
}

function checkAddress(value: unknown, field: string, topic: string): SendgridError[] {
  if (isObject(value) && isText(value.email) && addressPattern.test(value.email)) {
    return value.name === undefined || typeof value.name === 'string'
      ? []
      : [fieldError(`${field}.name`, 'The name must be a string.', topic)]
  }
  return [fieldError(`${field}.email`, 'Does not contain a valid address.', topic)]
}

function checkPersonalizations(body: Json, now: Date): SendgridError[] {
  const list = body.personalizations
  if (!Array.isArray(list) || list.length === 0) {
    return [fieldError('personalizations', 'The personalizations field is required and must have at least one personalization.')]
  }
  if (list.length > personalizationsMax) {
    return [
      fieldError(
        'personalizations',
        `The personalization block is limited to 1000 personalizations per API request. You have provided ${list.length} personalizations. ` +
          'Please consider splitting this into multiple requests and resending your request.',
      ),
    ]
  }
  const recipients = list.flatMap((item: unknown) => (isObject(item) ? [item.to, item.cc, item.bcc].flatMap((part) => part ?? []) : []))
  if (recipients.length > recipientsMax) {
    return [fieldError('personalizations', 'There is a limit of 1000 total recipients (to + cc + bcc) per request.')]
  }
  return list.flatMap((item: unknown, index) => checkPersonalization(item, `personalizations.${index}`, now))
}

function checkPersonalization(item: unknown, field: string, now: Date): SendgridError[] {
  if (!isObject(item) || !Array.isArray(item.to) || item.to.length === 0) {
    return [
      fieldError(
        `${field}.to`,
        'The to array is required for all personalization objects, and must have at least one email object with a valid email address.',
        'personalizations.to',
      ),
    ]
  }
  const errors: SendgridError[] = []
  const seen = new Set<string>()
  for (const kind of ['to', 'cc', 'bcc']) {
    const addresses = item[kind]
    if (addresses === undefined) continue
    if (!Array.isArray(addresses)) {
      errors.push(fieldError(`${field}.${kind}`, `The ${kind} field must be an array.`, `personalizations.${kind}`))
      continue
    }
    for (const [index, address] of addresses.entries()) {
      errors.push(...checkAddress(address, `${field}.${kind}.${index}`, `personalizations.${kind}`))
      const email = isObject(address) && isText(address.email) ? address.email.toLowerCase() : undefined
      if (email !== undefined && seen.has(email)) {
        errors.push(
          fieldError(
            field,
            'Each email address in the personalization block should be unique between to, cc, and bcc. ' +
              `We found the first duplicate instance of [${email}] in the ${field}.${kind} field.`,
            'personalizations',
          ),
        )
      }
      if (email !== undefined) seen.add(email)
    }
  }
  if (item.from !== undefined) errors.push(...checkAddress(item.from, `${field}.from`, 'from'))
  return [...errors, ...checkTexts(item, field), ...checkSendAt(item.send_at, `${field}.send_at`, now)]
}

function checkFrom(body: Json): SendgridError[] {
  if (isObject(body.from) && isText(body.from.email)) return checkAddress(body.from, 'from', 'from')
  return [
    fieldError(
      'from.email',
      'The from object must be provided for every email send. It is an object that requires the email parameter, but may also contain a name ' +
        'parameter.  e.g. {"email" : "example@example.com"}  or {"email" : "example@example.com", "name" : "Example Recipient"}.',
      'from',
    ),
  ]
}

function checkReplyTo(body: Json): SendgridError[] {
  if (body.reply_to !== undefined && body.reply_to_list !== undefined) {
    return [fieldError('reply_to', 'Only one of reply_to or reply_to_list may be provided.')]
  }
  if (body.reply_to !== undefined) return checkAddress(body.reply_to, 'reply_to', 'reply_to')
  if (body.reply_to_list === undefined) return []
  if (!Array.isArray(body.reply_to_list)) return [fieldError('reply_to_list', 'The reply_to_list field must be an array.')]
  return body.reply_to_list.flatMap((address: unknown, index) => checkAddress(address, `reply_to_list.${index}`, 'reply_to_list'))
}

function checkSubject(body: Json): SendgridError[] {
  if (isText(body.subject)) return []
  const blocks = Array.isArray(body.personalizations) ? body.personalizations : []
  if (blocks.length > 0 && blocks.every((item: unknown) => isObject(item) && isText(item.subject))) return []
  return [
    fieldError(
      'subject',
      'The subject is required. You can get around this requirement if you use a template with a subject defined or if every personalization has a subject defined.',
    ),
  ]
}

function checkContent(body: Json): SendgridError[] {
  // The account has no templates, so every template id is one that does not exist
  if (body.template_id !== undefined) {
    return [
      fieldError(
        'template_id',
        `The template_id must be a valid GUID, you provided '${isText(body.template_id) ? body.template_id : ''}'.`,
      ),
    ]
  }
  const { content } = body
  if (!Array.isArray(content) || content.length === 0) {
    return [
      fieldError(
        'content',
        'Unless a valid template_id is provided, the content parameter is required. There must be at least one defined content block. ' +
          'We typically suggest both text/plain and text/html blocks are included, but only one block is required.',
      ),
    ]
  }
  const errors = content.flatMap((block: unknown, index) => {
    const field = `content.${index}`
    if (!isObject(block) || !isText(block.type))
      return [fieldError(`${field}.type`, 'The content type must be a string at least one character in length.')]
    if (/[;,\r\n]/.test(block.type)) return [fieldError(`${field}.type`, "The content type cannot contain ';', ',' or CRLF characters.")]
    if (!isText(block.value)) return [fieldError(`${field}.value`, 'The content value must be a string at least one character in length.')]
    return []
  })
  const types = content.map((block: unknown) => (isObject(block) ? block.type : undefined))
  const plain = types.indexOf('text/plain')
  const html = types.indexOf('text/html')
  if (plain > 0 || html > (plain === 0 ? 1 : 0)) {
    errors.push(fieldError('content', 'If present, text/plain must be first, followed by text/html, followed by any other content.'))
  }
  if (new Set(types).size !== types.length) errors.push(fieldError('content', 'Each content type may only be provided once.'))
  return errors
}

function checkAttachments(body: Json): SendgridError[] {
  if (body.attachments === undefined) return []
  if (!Array.isArray(body.attachments)) return [fieldError('attachments', 'The attachments field must be an array.')]
  return body.attachments.flatMap((attachment: unknown, index) => {
    const field = `attachments.${index}`
    if (!isObject(attachment) || !isText(attachment.content) || !/^[A-Za-z0-9+/\r\n]+={0,2}$/.test(attachment.content)) {
      return [fieldError(`${field}.content`, 'The attachment content must be base64 encoded.')]
    }
    return isText(attachment.filename) ? [] : [fieldError(`${field}.filename`, 'The filename of the attachment is required.')]
  })
}

function checkExtras(body: Json, now: Date): SendgridError[] {
  const errors = [...checkTexts(body, ''), ...checkSendAt(body.send_at, 'send_at', now)]
  const { categories, asm } = body
  if (categories !== undefined) {
    if (!Array.isArray(categories) || !categories.every(isText))
      errors.push(fieldError('categories', 'The categories must be an array of strings.'))
    else if (categories.length > 10) errors.push(fieldError('categories', 'There is a limit of 10 categories per message.'))
    else if (new Set(categories).size !== categories.length) errors.push(fieldError('categories', 'The categories must be unique.'))
  }
  if (asm !== undefined) {
    if (!isObject(asm) || !Number.isInteger(asm.group_id))
      errors.push(fieldError('asm.group_id', 'The asm group_id is required and must be an integer.'))
    else if (Array.isArray(asm.groups_to_display) && asm.groups_to_display.length > 25) {
      errors.push(fieldError('asm.groups_to_display', 'There is a limit of 25 groups to display.'))
    }
  }
  return errors
}

/** Maps of strings: custom arguments and headers, of the message or of one personalization. */
function checkTexts(part: Json, prefix: string): SendgridError[] {
  const errors: SendgridError[] = []
  const at = (name: string) => (prefix === '' ? name : `${prefix}.${name}`)
  for (const name of ['custom_args', 'headers', 'substitutions']) {
    const map = part[name]
    if (map === undefined) continue
    if (!isObject(map)) errors.push(fieldError(at(name), `The ${name} field must be an object.`, name))
    else
      for (const [key, value] of Object.entries(map)) {
        if (typeof value !== 'string') errors.push(fieldError(at(`${name}.${key}`), `The ${name} values must be strings.`, name))
        if (name === 'headers' && reservedHeaders.has(key.toLowerCase())) {
          errors.push(fieldError(at(`headers.${key}`), `The header ${key} is reserved and cannot be used.`, name))
        }
      }
  }
  if (isObject(part.custom_args) && Buffer.byteLength(JSON.stringify(part.custom_args)) > customArgsMaxBytes) {
    errors.push(fieldError(at('custom_args'), 'The combined size of custom_args may not exceed 10000 bytes.', 'custom_args'))
  }
  return errors
}

function checkSendAt(value: unknown, field: string, now: Date): SendgridError[] {
  if (value === undefined) return []
  if (!Number.isInteger(value)) return [fieldError(field, 'The send_at parameter must be a unix timestamp.', 'send_at')]
  if (Number(value) > now.getTime() / 1000 + sendAtMaxSeconds) {
    return [fieldError(field, 'The send_at parameter cannot be more than 72 hours in the future.', 'send_at')]
  }
  return []
}
