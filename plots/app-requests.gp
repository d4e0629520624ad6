# Time of the requests application by interrupt cost, a curve for each strategy.
load plots . '/style.gp'
@app_time
