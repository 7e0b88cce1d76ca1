package main

// pool runs tasks on a bounded number of goroutines, which it starts as they
// are needed and keeps.
type pool struct {
	tasks chan func()
	slots chan struct{}
}

func newPool(workers int) *pool {
	return &pool{tasks: make(chan func()), slots: make(chan struct{}, workers)}
}

// schedule waits until a worker takes the task.
func (p *pool) schedule(task func()) {
	select {
	case p.tasks <- task:
	case p.slots <- struct{}{}:
		go p.work(task)
	}
}

func (p *pool) work(task func()) {
	for {
		task()
		task = <-p.tasks
	}
}
