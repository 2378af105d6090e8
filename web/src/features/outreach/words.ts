import type { OutreachFix, OutreachPerson } from '@ledgersync/shared/outreach'
import { formatCount } from '../../ui/money.tsx'
import type { Step } from './draft.ts'

export const title = 'Reconnect and Add New Banks'

export const stepWords: Record<Step, string> = {
  clients: 'Clients',
  banks: 'Banks',
  template: 'Template',
  preview: 'Preview',
  sent: 'Send',
}

/** `1 client`, `1,640 clients` */
export const counted = (count: number, one: string, many = `${one}s`): string => `${formatCount(count)} ${count === 1 ? one : many}`

export const channelWords: Record<OutreachPerson['channel'], string> = { sms: 'Text', email: 'E-mail', both: 'Text, e-mail' }

export const fixWords: Record<OutreachFix, string> = {
  fix_phone: 'Fix number',
  fix_email: 'Fix e-mail',
  email_instead: 'E-mail instead',
  text_instead: 'Text instead',
  own_access: 'Sign in yourself',
  open_client: 'Open client',
}

/** `Lakeside Trust ••8841`, `First Meridian (new)` */
export const bankWords = ({ name, mask, isNew }: OutreachPerson['banks'][number]): string =>
  isNew ? `${name} (new)` : mask === null ? name : `${name} ••${mask}`
