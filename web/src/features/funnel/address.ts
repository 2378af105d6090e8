import type { funnel, FunnelChannel } from '@ledgersync/shared/funnel'
import type { Input } from '@ledgersync/shared/endpoint'
import { DropReason, FunnelStep } from '@ledgersync/shared/reach'
import type { Address } from '../../address.ts'
import { dayBegins, daysAfter, today } from '../../ui/time.ts'
import { choiceNames, choiceQuery } from '../groups/client-choice.tsx'
import { isDay } from '../transactions/filter-address.ts'

/** What requests a page counts: made in a period, for whose clients, and how they went out. */
export const periodNames = ['days', 'from', 'to', ...choiceNames, 'channel'] as const
export type PeriodAddress = Address<(typeof periodNames)[number]>
/** With the table that is shown below the chart. */
export const figureNames = [...periodNames, 'by'] as const
export type FigureAddress = Address<(typeof figureNames)[number]>
/** What a figure stands for, which its list is narrowed by. */
export const requestNames = [...periodNames, 'reached', 'stopped', 'reason', 'invitedBy', 'bank'] as const
export type RequestAddress = Address<(typeof requestNames)[number]>

const channels: readonly FunnelChannel[] = ['sms', 'email', 'both', 'copy']
const named = <T extends string>(all: readonly T[], text: string | undefined): T | undefined => all.find((each) => each === text)

/** Days the period has unless somebody chooses. */
export const usualDays = 30

/** The period as days of the person's own zone: so many up to today, or from one day to another. */
export function daysOf({ days, from, to }: PeriodAddress): { from: string; to: string | undefined } {
  const last = isDay(to) ? to : undefined
  if (isDay(from)) return { from, to: last }
  return { from: daysAfter(last ?? today(), 1 - (days === '90' ? 90 : usualDays)), to: last }
}

/** The period as the API takes it. */
export function periodQuery(address: PeriodAddress): NonNullable<Input<typeof funnel.get>['query']> {
  const { from, to } = daysOf(address)
  const channel = named(channels, address.channel)
  return {
    from: dayBegins(from),
    ...(to !== undefined && { until: dayBegins(daysAfter(to, 1)) }),
    ...choiceQuery(address),
    ...(channel !== undefined && { channel }),
  }
}

/** The figures of the page, as the API takes them: those by bank only where they are shown. */
export function figureQuery({ by, ...address }: FigureAddress): NonNullable<Input<typeof funnel.get>['query']> {
  return { ...periodQuery(address), ...(by === 'bank' && { banks: true }) }
}

/** The list behind a figure, as the API takes it. */
export function requestQuery(address: RequestAddress): NonNullable<Input<typeof funnel.list>['query']> {
  const { reached, stopped, reason } = figureOf(address)
  const { invitedBy, bank } = address
  return {
    ...periodQuery(address),
    limit: 50,
    ...(reached !== undefined && { reached }),
    ...(stopped !== undefined && { stopped }),
    ...(reason !== undefined && { reason }),
    ...(invitedBy !== undefined && /^[0-9a-f-]{36}$/.test(invitedBy) && { invitedBy }),
    ...(bank !== undefined && { bank }),
  }
}

/** The steps and the reason of an address; what is none is passed over. */
export function figureOf({ reached, stopped, reason }: RequestAddress) {
  return {
    reached: named(FunnelStep.enum, reached),
    stopped: named(FunnelStep.enum, stopped),
    reason: named(DropReason.enum, reason),
  }
}
