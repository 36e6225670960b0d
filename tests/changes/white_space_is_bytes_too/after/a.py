if x:
	y()
  z()
