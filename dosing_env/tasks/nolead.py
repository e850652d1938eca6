def read(row, rules):
    return row
def tell(order, action):
    action[0] = order
def lead_in(chart):
    return 0.0
