export interface SendgridConfig {
  apiKey: string
  fromEmail: string
  baseUrl: string
  /** Base64 of the SPKI DER key that signs events. */
  webhookPublicKey: string
}

export interface EmailToSend {
  /** Our message id, repeated in every event. */
  messageId: string
  firmId: string
  to: string
  toName: string | null
  fromName: string
  replyTo: string | null
  subject: string
  text: string
  html: string
}

/** The e-mail provider. Every method throws ProviderError and nothing else. */
export interface Mailer {
  send(email: EmailToSend): Promise<{ providerId: string }>
  verifyWebhook(rawBody: Buffer, signature: string | undefined, timestamp: string | undefined): boolean
}

/** Builds the adapter over @sendgrid/mail. */
export function createMailer(config: SendgridConfig): Mailer {
  throw new Error(`not written: ${config.baseUrl}`)
}
