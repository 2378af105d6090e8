/** The body of POST /v3/mail/send, as far as it is emulated (sendgrid-oai, tsg_mail_v3). Everything is unknown until it was validated. */
export interface MailSend {
  personalizations: Personalization[]
  from: Address
  reply_to?: Address
  reply_to_list?: Address[]
  subject?: string
  content: Content[]
  attachments?: Attachment[]
  headers?: Record<string, string>
  categories?: string[]
  custom_args?: Record<string, string>
  send_at?: number
  asm?: { group_id: number; groups_to_display?: number[] }
  mail_settings?: Record<string, { enable?: boolean } | undefined>
  tracking_settings?: Record<string, { enable?: boolean } | undefined>
}

export interface Address {
  email: string
  name?: string
}

export interface Content {
  type: string
  value: string
}

export interface Attachment {
  content: string
  filename: string
  type?: string
  disposition?: string
}

export interface Personalization {
  to: Address[]
  cc?: Address[]
  bcc?: Address[]
  from?: Address
  subject?: string
  headers?: Record<string, string>
  substitutions?: Record<string, string>
  custom_args?: Record<string, string>
  send_at?: number
}

/** Whether a switch such as `mail_settings.sandbox_mode` is on. */
export const isOn = (settings: Record<string, { enable?: boolean } | undefined> | undefined, name: string) =>
  settings?.[name]?.enable === true
