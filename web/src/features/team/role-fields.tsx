import { Checkbox, Radio } from '@mantine/core'
import type { Role } from '@ledgersync/shared/auth'
import { allPermissions, type Permission } from '@ledgersync/shared/permissions'
import styles from './team.module.css'
import { permissionChoices } from './words.ts'

/** Administrator or employee, as a question. */
export function RoleField({ value, onChange }: { value: Role; onChange: (role: Role) => void }) {
  return (
    <Radio.Group label="Role" value={value} onChange={(role) => onChange(role === 'administrator' ? role : 'employee')}>
      <div className={styles.choices}>
        <Radio value="employee" label="Employee: sees the clients assigned to them" />
        <Radio value="administrator" label="Administrator: sees every client, and manages team and settings" />
      </div>
    </Radio.Group>
  )
}

/** What of bulk work an employee may do; administrators do all of it. */
export function PermissionFields({
  role,
  value,
  onChange,
}: {
  role: Role
  value: readonly Permission[]
  onChange: (value: Permission[]) => void
}) {
  if (role === 'administrator') return <p className={styles.quiet}>Administrators do all bulk work.</p>
  return (
    <Checkbox.Group
      label="Bulk work"
      description="Everyday work, one row at a time, needs none of these."
      value={[...value]}
      onChange={(chosen) => onChange(allPermissions.filter((one) => chosen.includes(one)))}
    >
      <div className={styles.choices}>
        {permissionChoices.map((choice) => (
          <Checkbox key={choice.value} {...choice} />
        ))}
      </div>
    </Checkbox.Group>
  )
}
