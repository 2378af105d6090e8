export interface TwilioConfig {
  accountSid: string
  authToken: string
  /** Sending number (E.164) or messaging service (MG…). */
  from: string
  baseUrl: string
  statusUrl: string
  inboundUrl: string
}

/** How the carrier's answer maps to our message states. */
export interface SmsStatus {
  state: 'sent' | 'delivered' | 'failed'
  /** In plain words, for a failure. */
  reason: string | null
}

/** The text-message provider. Every method throws ProviderError and nothing else. */
export interface Sms {
  /** The sender that opt-outs belong to. */
  sender: string
  send(to: string, body: string): Promise<{ providerId: string }>
  /** The message to this number since then whose body contains the text, or null: for doubtful sends. */
  find(to: string, since: Date, bodyContains: string): Promise<{ providerId: string } | null>
  /** Verifies a webhook of Twilio; `kind` says which of our addresses it was sent to. */
  verifyWebhook(kind: 'status' | 'inbound', params: Record<string, string>, signature: string | undefined): boolean
}

/** Builds the adapter over the twilio SDK. */
export function createSms(config: TwilioConfig): Sms {
  throw new Error(`not written: ${config.baseUrl}`)
}
