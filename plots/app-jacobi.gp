# Time of the jacobi application by interrupt cost, a curve for each strategy.
load plots . '/style.gp'
@app_time
