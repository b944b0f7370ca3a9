# The board does this by itself, each time it starts.
print('Good morning from main.py')
