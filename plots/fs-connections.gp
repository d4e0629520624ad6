# Transactions a second by size of the reply, a connection for each.
load plots . '/style.gp'
@transaction_rates
