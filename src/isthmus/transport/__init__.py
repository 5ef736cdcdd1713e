"""The hands: runs commands over HTTP, pools connections, honours proxies and time-outs. Foreign errors stop here."""
