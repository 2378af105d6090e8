import { isDay } from './calendar.ts'

/** A custom user's configuration that cannot be read; the message names the member and is fit for the person who wrote it. */
export class CustomUserError extends Error {}

/** The object, or an empty one for null and absent. */
export function objectOrEmpty(value: unknown, where: string): Record<string, unknown> {
  if (value == null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) throw new CustomUserError(`${where} must be an object`)
  // A non-null object that is no array has string keys
  return value as Record<string, unknown>
}

/** The list, or an empty one for null and absent. */
export function list(value: unknown, where: string): unknown[] {
  if (value == null) return []
  if (!Array.isArray(value)) throw new CustomUserError(`${where} must be a list`)
  return value
}

/** A text; numbers are taken as their digits, as hand-written files have masks and account numbers both ways. */
export function textOrNull(value: unknown, where: string): string | null {
  if (value == null) return null
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string') throw new CustomUserError(`${where} must be a text`)
  return value === '' ? null : value
}

/** A finite number; a text that is a plain decimal is taken too. */
export function numberOrNull(value: unknown, where: string): number | null {
  if (value == null || value === '') return null
  const number = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number)) throw new CustomUserError(`${where} must be a number`)
  return number
}

/** A calendar day; of a full timestamp the day is taken. */
export function dayOrNull(value: unknown, where: string): string | null {
  const text = textOrNull(value, where)
  if (text === null) return null
  const day = /^\d{4}-\d{2}-\d{2}T/.test(text) ? text.slice(0, 10) : text
  if (!isDay(day)) throw new CustomUserError(`${where}: "${text}" is not a date of the form YYYY-MM-DD`)
  return day
}
