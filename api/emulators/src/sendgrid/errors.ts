/** One entry of SendGrid's error body. */
export interface SendgridError {
  message: string
  field: string | null
  help: string | null
}

const helpBase = 'http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html'

/** An error about a field; `topic` is the anchor on SendGrid's error page. */
export function fieldError(field: string, message: string, topic = field): SendgridError {
  return { message, field, help: `${helpBase}#message.${topic.replace(/\.\d+/g, '')}` }
}

export const plainError = (message: string): SendgridError => ({ message, field: null, help: null })

export const errorBody = (...errors: SendgridError[]): { errors: SendgridError[] } => ({ errors })
