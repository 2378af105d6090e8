import type { CellChange, UploadField } from '@ledgersync/shared/uploads'
import { changedValues, type ClientRowValues } from '../clients/values.ts'
import { readRow } from './cells.ts'
import { whatDiffers } from './check.ts'
import type { TableRow } from './table.ts'

/** A client as a list can change it. */
export interface ChangedClient {
  client: ClientRowValues
  /** The name of its group. */
  group: string | null
  /** E-mails of who is assigned, in lower case. */
  staff: readonly string[]
}

/** What a client says now at each cell that would change it. The row must be one that was found good. */
export function changesOf(row: TableRow, fields: readonly (UploadField | null)[], now: Date, known: ChangedClient): CellChange[] {
  const { client, group, staff } = known
  const { said } = readRow(row, fields)
  const { staff: saidStaff, group: saidGroup, username: _same, ...rest } = said
  // Who would have agreed to texts, and when, is not shown
  const set = whatDiffers(client, changedValues(client, rest, { by: client.id, now }))
  const changed = new Set<UploadField>()
  for (const name of Object.keys(set)) for (const field of fieldsOf[name] ?? []) changed.add(field)
  if (saidGroup !== undefined && saidGroup.toLowerCase() !== group?.toLowerCase()) changed.add('group')
  if (saidStaff !== undefined && [...saidStaff].toSorted().join(' ') !== [...staff].toSorted().join(' ')) changed.add('staff')
  return fields.flatMap((field, column) => (field !== null && changed.has(field) ? [{ column, before: textOf(field, known) }] : []))
}

/** The fields of a list that say a column of the client. */
const fieldsOf: Record<string, UploadField[]> = {
  businessName: ['businessName'],
  contactFirstName: ['contactFirstName', 'contactName'],
  contactLastName: ['contactLastName', 'contactName'],
  email: ['email'],
  phone: ['phone'],
  staffHaveAccess: ['staffHaveAccess'],
  textConsentAt: ['textConsent'],
  timeZone: ['timeZone'],
  language: ['language'],
}

const yesOrNo = (value: boolean): string => (value ? 'yes' : 'no')

/** What the client says of a field, as a list would write it. */
function textOf(field: UploadField, { client, group, staff }: ChangedClient): string {
  switch (field) {
    case 'contactName':
      return `${client.contactFirstName} ${client.contactLastName}`.trim()
    case 'staffHaveAccess':
      return yesOrNo(client.staffHaveAccess)
    case 'textConsent':
      return yesOrNo(client.textConsentAt !== null)
    case 'language':
      return client.language === 'es' ? 'Spanish' : 'English'
    case 'group':
      return group ?? ''
    case 'staff':
      return staff.join(', ')
    default:
      return client[field] ?? ''
  }
}
