# Where the time of a one-word message goes: one bar, stage by stage.
load plots . '/style.gp'
parts = experiment . '-breakdown.csv'
