interface Difference {
  what: string
  row: object
}

/**
 * Where the client list does not say what is true: rows that are stored and should not be, and rows that should be and are not.
 * Empty when list and truth are equal, column by column. `query` must see every firm.
 */
export async function listDifferences(query: (text: string) => Promise<Difference[]>): Promise<string[]> {
  const stored = 'select to_jsonb(l) as row from client_list l'
  const wanted = `select to_jsonb(f) as row from firms x, lateral client_list_of(x.firm_id, array(select c.id from clients c where c.firm_id = x.firm_id)) f`
  const rows = await query(
    `select 'stored' as what, a.row from (${stored} except ${wanted}) a union all select 'true' as what, b.row from (${wanted} except ${stored}) b`,
  )
  return rows.map(({ what, row }) => `${what}: ${JSON.stringify(row)}`)
}
