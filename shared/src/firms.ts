import { type Static, Type } from 'typebox'
import { Id, Line, List, Nullable } from './common.ts'
import { endpoint } from './endpoint.ts'
import { Me, Role } from './auth.ts'

export const FirmUpdate = Type.Object(
  {
    name: Type.Optional(Line('Name of the firm, as clients read it')),
    timeZone: Type.Optional(Line('IANA time zone', 64)),
  },
  { additionalProperties: false, minProperties: 1 },
)
export type FirmUpdate = Static<typeof FirmUpdate>

export const StaffMember = Type.Object({
  id: Id('The member of staff'),
  name: Type.String({ description: 'Full name' }),
  email: Type.String({ description: 'Work e-mail' }),
  role: Role,
  clientCount: Nullable(Type.Integer({ description: 'Clients assigned; null for administrators, who see all' })),
})
export type StaffMember = Static<typeof StaffMember>

export const firms = {
  get: endpoint({
    id: 'getFirm',
    method: 'GET',
    url: '/firm',
    access: 'staff',
    tag: 'Firm',
    summary: 'The firm',
    description: 'Profile of the firm of the signed-in person.',
    schema: { response: { 200: Me.properties.firm } },
  }),
  update: endpoint({
    id: 'updateFirm',
    method: 'PATCH',
    url: '/firm',
    access: 'administrator',
    tag: 'Firm',
    summary: 'Change the firm',
    description: 'Changes only the members that are sent.',
    schema: { body: FirmUpdate, response: { 200: Me.properties.firm } },
  }),
}

export const staff = {
  list: endpoint({
    id: 'listStaff',
    method: 'GET',
    url: '/staff',
    access: 'staff',
    tag: 'Team',
    summary: 'List the team',
    description: 'Everybody who works at the firm, by name.',
    schema: { response: { 200: List(StaffMember) } },
  }),
}
