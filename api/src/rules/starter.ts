import type { Ctx } from '../core/context.ts'
import { newId } from '../core/ids.ts'
import type { Tx } from '../db/client.ts'
import { categoriesTable } from '../db/schema/ledger.ts'

/** What most small businesses need: name and what belongs in it. */
const starterCategories: readonly (readonly [name: string, description: string])[] = [
  ['Sales income', 'Money from customers for goods and services'],
  ['Interest income', 'Interest the bank pays'],
  ['Refunds received', 'Money that suppliers send back'],
  ['Owner contribution', 'Money the owner puts into the business'],
  ['Owner draw', 'Money the owner takes out for private use'],
  ['Cost of goods', 'Goods bought to be sold, and materials for them'],
  ['Advertising', 'Advertisements, listings, sponsoring and print'],
  ['Bank fees', 'Account fees, wire fees and overdrafts'],
  ['Card processing fees', 'What card processors and marketplaces keep'],
  ['Contractors', 'Independent people and firms paid for work'],
  ['Dues and licenses', 'Memberships, permits and yearly registrations'],
  ['Equipment', 'Machines, computers and furniture'],
  ['Fuel', 'Gasoline, diesel and charging'],
  ['Insurance', 'Liability, property, vehicle and other premiums'],
  ['Interest paid', 'Interest on loans and cards'],
  ['Meals', 'Business meals and coffee'],
  ['Office supplies', 'Paper, ink, postage and small things for the office'],
  ['Payroll', 'Wages, salaries and what the payroll service draws for them'],
  ['Payroll taxes', 'Employer taxes on wages'],
  ['Professional services', 'Accountants, lawyers and consultants'],
  ['Rent', 'Rent of offices, shops and storage'],
  ['Repairs and maintenance', 'Keeping buildings, machines and vehicles in order'],
  ['Software', 'Subscriptions, hosting and domains'],
  ['Taxes', 'Sales, property and income taxes of the business'],
  ['Telephone and internet', 'Phone plans and internet access'],
  ['Travel', 'Flights, hotels, rides and parking'],
  ['Utilities', 'Electricity, gas, water and waste'],
]

/** Gives a new firm its first categories; in the transaction that makes the firm. */
export async function createStarterCategories(tx: Tx, ctx: Ctx): Promise<void> {
  const createdAt = ctx.deps.now()
  await tx
    .insert(categoriesTable)
    .values(starterCategories.map(([name, description]) => ({ firmId: ctx.firmId, id: newId(), name, description, createdAt })))
}
