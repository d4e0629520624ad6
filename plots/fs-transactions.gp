# Transactions a second by size of the reply, the connection kept.
load plots . '/style.gp'
@transaction_rates
