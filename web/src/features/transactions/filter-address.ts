import type { Address } from '../../address.ts'
import { choiceNames, choiceQuery } from '../groups/client-choice.tsx'

/** The filters every list of transactions has, as its address names them. */
export const filterNames = ['client', ...choiceNames, 'account', 'from', 'to', 'search'] as const
export type Filters = Address<(typeof filterNames)[number]>

/** The contract's query of the filters. */
export function filterQuery({ client, account, from, to, search, ...choice }: Filters) {
  return {
    ...(client !== undefined && { clientId: client }),
    ...choiceQuery(choice),
    ...(account !== undefined && { bankAccountId: account }),
    ...(isDay(from) && { from }),
    ...(isDay(to) && { to }),
    ...(search !== undefined && { search }),
  }
}

/** Whether it is a day as the API takes it. */
export function isDay(text: string | undefined): text is string {
  return text !== undefined && /^\d{4}-\d\d-\d\d$/.test(text)
}
