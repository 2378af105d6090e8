import type { Mail } from '../sendgrid/books.ts'
import type { Message } from '../twilio/books.ts'

/** All texts of one person's phone, oldest first. */
export interface Phone {
  number: string
  texts: Message[]
  /** Our number the person would answer to. */
  sender: string
  received: number
}

/** All mails to one address, newest first. */
export interface Mailbox {
  address: string
  mails: Mail[]
  received: number
}

export const phoneOf = (text: Message) => (text.direction === 'inbound' ? (text.from ?? '') : text.to)

const arrived = (text: Message) => text.direction !== 'inbound' && (text.status === 'delivered' || text.status === 'sent')

/** Phones, the one with the latest text first. */
export function phonesOf(texts: readonly Message[]): Phone[] {
  const phones = new Map<string, Phone>()
  for (const text of texts) {
    const number = phoneOf(text)
    const phone = phones.get(number) ?? { number, texts: [], sender: '', received: 0 }
    phones.delete(number)
    phones.set(number, phone)
    phone.texts.push(text)
    phone.sender = (text.direction === 'inbound' ? text.to : text.from) ?? phone.sender
    if (arrived(text)) phone.received++
  }
  return [...phones.values()].reverse()
}

/** Mailboxes, the one with the latest mail first. Letter case does not tell two addresses apart. */
export function mailboxesOf(mails: readonly Mail[]): Mailbox[] {
  const boxes = new Map<string, Mailbox>()
  for (const mail of mails) {
    const address = mail.to.email.toLowerCase()
    const box = boxes.get(address) ?? { address, mails: [], received: 0 }
    boxes.delete(address)
    boxes.set(address, box)
    box.mails.unshift(mail)
    if (mail.status === 'delivered') box.received++
  }
  return [...boxes.values()].reverse()
}

/** `+14155550123` as (415) 555-0123; other countries' numbers as they are. */
export function showPhone(number: string): string {
  const parts = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number)
  return parts === null ? number : `(${parts[1] ?? ''}) ${parts[2] ?? ''}-${parts[3] ?? ''}`
}
