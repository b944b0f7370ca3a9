import time

while True:
    print("Hello from main.py, again and again")
    time.sleep_ms(10)
