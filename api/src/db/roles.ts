import type { Client, Pool } from 'pg'

/** The role that is signed in, and what is wrong with it, in words that follow its name. */
interface Fault {
  role: string
  fault: string | null
}

/** A member of a role can become it, and so counts as having what that has. */
const canBe = (what: string): string => `exists (select from pg_roles p where pg_has_role(r.oid, p.oid, 'member') and ${what})`
const isOf = (role: string): string => `exists (select from pg_roles p where p.rolname = '${role}' and pg_has_role(r.oid, p.oid, 'usage'))`

/**
 * Feature code runs as who owns nothing and is held by row security: for a superuser no row is another firm's, and an owner
 * could rewrite the audit log.
 */
const appFault = `
  select r.rolname as role, case
    when r.rolsuper then 'is a superuser, for whom row security does not hold'
    when ${canBe(`p.oid in (select relowner from pg_class where relnamespace = to_regnamespace('public') and relkind in ('r', 'p'))`)}
      then 'has the rights of the owner of the tables'
    when ${canBe('(p.rolsuper or p.rolbypassrls)')} then 'can go round row security'
    when not ${isOf('ledgersync_app')} then 'has not the rights of ledgersync_app'
  end as fault
  from pg_roles r where r.rolname = current_user`

/** What a superuser makes runs with a superuser's rights, the functions that read across firms among it. */
const ownerFault = `
  select r.rolname as role, case
    when r.rolsuper then 'is a superuser'
    when not ${isOf('ledgersync_owner')} then 'has not the rights of ledgersync_owner'
  end as fault
  from pg_roles r where r.rolname = current_user`

/** Why the role that is signed in here is not fit for what it is to do, in words that follow the name of the setting; null when it is. */
export async function roleFault(signedIn: Pool | Client, wanted: 'ledgersync_app' | 'ledgersync_owner'): Promise<string | null> {
  const { rows } = await signedIn.query<Fault>(wanted === 'ledgersync_app' ? appFault : ownerFault)
  const [found] = rows
  if (found === undefined || found.fault === null) return null
  return `signs in as ${found.role}, which ${found.fault}; it must sign in as ${wanted}`
}
