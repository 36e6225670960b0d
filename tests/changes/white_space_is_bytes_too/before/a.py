if x:
  y()
  z()
