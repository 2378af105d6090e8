import type { BooksAccount } from '@ledgersync/shared/books'
import type { PostedEntry, ProviderBooksAccount, ProviderVendor, StandingEntry } from './types.ts'

/** A reference to another object. */
interface WireRef {
  value?: string
}
/** What is read of an account (Intuit's Account reference). */
export interface WireAccount {
  Id: string
  Name: string
  FullyQualifiedName?: string
  AcctNum?: string
  AccountType: string
  AccountSubType?: string
  Classification?: string
  CurrencyRef?: WireRef
  Active?: boolean
}
/** What is read of a vendor. */
export interface WireVendor {
  Id: string
  DisplayName: string
  Active?: boolean
}
/** What is read of an entry. */
export interface WireEntry {
  Id: string
  SyncToken: string
  PrivateNote?: string
  TxnDate?: string
  LinkedTxn?: unknown[]
}
/** What is read of the company's settings. */
export interface WirePreferences {
  AccountingInfoPrefs?: { BookCloseDate?: string }
  CurrencyPrefs?: { HomeCurrency?: WireRef }
}

const classifications: Record<string, BooksAccount['classification']> = {
  Asset: 'asset',
  Liability: 'liability',
  Equity: 'equity',
  Revenue: 'revenue',
  Expense: 'expense',
}

/**
 * An account in our words, or null for one on no side of the books (Non-Posting), which takes no entries. An account that names
 * no currency is kept in the company's own.
 */
export function toBooksAccount(wire: WireAccount, homeCurrency: string): ProviderBooksAccount | null {
  const classification = classifications[wire.Classification ?? '']
  if (classification === undefined) return null
  return {
    providerId: wire.Id,
    name: wire.FullyQualifiedName ?? wire.Name,
    number: wire.AcctNum ?? null,
    type: wire.AccountType,
    subtype: wire.AccountSubType ?? null,
    classification,
    currency: wire.CurrencyRef?.value ?? homeCurrency,
    active: wire.Active !== false,
  }
}

export function toVendor(wire: WireVendor): ProviderVendor {
  return { providerId: wire.Id, name: wire.DisplayName, active: wire.Active !== false }
}

/** A company that names no currency keeps its books in US dollars: only companies outside the US always name it. */
export function homeCurrencyOf(preferences: WirePreferences): string {
  return preferences.CurrencyPrefs?.HomeCurrency?.value ?? 'USD'
}

export function toPosted(entity: string, wire: WireEntry): PostedEntry {
  return { providerEntryId: wire.Id, entity, syncToken: wire.SyncToken }
}

/** An entry that names no day cannot be told from one in a closed period: the earliest day stands for it. */
export function toStanding(wire: WireEntry): StandingEntry {
  return { syncToken: wire.SyncToken, date: wire.TxnDate ?? '', isLinked: (wire.LinkedTxn ?? []).length > 0 }
}
