-- Rows of a replaced access are looked for at every sync, and there are hardly ever any.
create index transactions_replaced on transactions (firm_id, bank_account_id) where provider_transaction_id like 'replaced:%';
