import { invites } from '@ledgersync/shared/invites'
import { type Message, messages } from '@ledgersync/shared/messages'
import { makeClient, type Person, zoneAt } from './factories.ts'
import type { TestApp } from './harness.ts'

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs

/** What tests of messages share: sending invites, looking at what arrived, cutting connections. Asks for the app and the person at each use. */
export function messageKit(app: () => TestApp, dana: () => Person) {
  const zoneNow = (hour: number): string => zoneAt(hour, app().deps.now())

  /** Time goes by while the person stays signed in. */
  async function later(ms: number): Promise<void> {
    await app().advance(ms)
    await app().admin.query('update sessions set created_at = $1, last_active_at = $1', [app().deps.now()])
    await app().drain()
  }

  async function invite(channel: 'sms' | 'email' | 'both', overrides: Parameters<typeof makeClient>[2] = {}): Promise<string> {
    const clientId = await makeClient(app(), dana(), overrides)
    const answer = await app().call(invites.create, { params: { clientId }, body: { channel } }, dana())
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body))
    return clientId
  }
  const messagesOf = async (clientId: string): Promise<Message[]> =>
    (await app().call(messages.list, { params: { clientId } }, dana())).body.items
  async function messageOf(clientId: string): Promise<Message> {
    const [message] = await messagesOf(clientId)
    if (message === undefined) throw new Error('There is no message')
    return message
  }
  const inviteOf = async (clientId: string) => (await app().call(invites.list, { params: { clientId } }, dana())).body.items[0]
  const states = (message: Message) => message.history.map((event) => event.state)
  const texts = () => app().network.twilio.messages()
  const mails = () => app().network.sendgrid.messages()

  /** The provider takes the message (or not) and the connection is cut before an answer. */
  function cut(provider: 'twilio' | 'sendgrid', fault: 'cut_before' | 'cut_after', times = 1): void {
    let left = times
    app().network[provider].intercept((call) => {
      if (left === 0 || call.method !== 'POST') return null
      left -= 1
      return [fault]
    })
  }

  /** Texts from now on carry a callback address that names no message: as if all callbacks were lost. */
  function loseCallbacks(): () => void {
    const { send } = app().deps.sms
    app().deps.sms.send = (to, body) => send(to, body, 'lost')
    return () => void (app().deps.sms.send = send)
  }

  return { zoneAt: zoneNow, later, invite, messagesOf, messageOf, inviteOf, states, texts, mails, cut, loseCallbacks }
}
