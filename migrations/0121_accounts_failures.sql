-- Failed sign-ins are counted by address in rate_limit, alike for addresses with and without an account, so that nobody
-- finds out by counting which ones have one. The columns are dropped once no instance runs that still reads them.
comment on column user_account.failed_sign_ins is 'no longer used: see rate_limit, scope sign_in_failures';
comment on column user_account.sign_in_after is 'no longer used: see rate_limit, scope sign_in_failures';
